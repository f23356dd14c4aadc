#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/serving/model_options.h"
#include "skerry/agent/serving/package_manifest.h"
#include "skerry/agent/serving/repository.h"
#include "skerry/agent/serving/split.h"
#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

// The order of a split's arms matters.
using Json = nlohmann::ordered_json;
using platform::Quoted;

constexpr std::size_t kConfigurationBytesMax = std::size_t{64} << 10;
constexpr std::size_t kSaltBytesMax = 256;

Error Wrong(std::string_view key, const Json& found, std::string_view wanted) {
  constexpr std::size_t kFoundBytesMax = 64;
  // The library prints nested values by recursion, and they may be nested deep.
  std::string text =
      found.is_structured()
          ? std::string("an ") + found.type_name()
          : found.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kFoundBytesMax) {
    text.resize(kFoundBytesMax);
    text += "...";
  }
  std::string message =
      "the model's configuration: " + Quoted(key) + " is " + text + ", want ";
  return InvalidArgument(message.append(wanted));
}

// JSON lets a key be there twice; whoever writes that means something else.
Result<Json> ParseUnique(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  const auto look = [&](int, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key) {
      const auto& key = value.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) repeated = key;
    }
    return true;
  };
  Json json = Json::parse(text, look, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return InvalidArgument("the model's configuration is no JSON");
  }
  if (!repeated.empty()) {
    return InvalidArgument("the model's configuration has key " +
                           Quoted(repeated) + " twice");
  }
  return json;
}

Result<std::int64_t> ReadInteger(std::string_view key, const Json& json,
                                 std::int64_t low, std::int64_t high) {
  const std::string wanted = "a whole number from " + std::to_string(low) +
                             " to " + std::to_string(high);
  if (!json.is_number_integer()) return Wrong(key, json, wanted);
  const bool huge =
      json.is_number_unsigned() &&
      json.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (huge) return Wrong(key, json, wanted);
  const auto value = json.get<std::int64_t>();
  if (value < low || value > high) return Wrong(key, json, wanted);
  return value;
}

// A number that CheckModelOptions looks at again, with its own words.
Result<int> ReadInt(std::string_view key, const Json& json) {
  SKERRY_ASSIGN_OR_RETURN(
      const std::int64_t value,
      ReadInteger(key, json, 0, std::numeric_limits<int>::max()));
  return static_cast<int>(value);
}

Result<std::vector<int>> ReadCores(const Json& json) {
  if (!json.is_array()) return Wrong("cores", json, "an array of numbers");
  std::vector<int> cores;
  for (const Json& element : json) {
    SKERRY_ASSIGN_OR_RETURN(const int core, ReadInt("cores", element));
    cores.push_back(core);
  }
  return cores;
}

Result<std::string> ReadText(std::string_view key, const Json& json) {
  if (!json.is_string()) return Wrong(key, json, "a string");
  return json.get<std::string>();
}

Result<std::vector<Split::Arm>> ReadArms(const Json& json) {
  if (!json.is_object() || json.empty()) {
    return Wrong("arms", json, "an object of versions and shares");
  }
  std::vector<Split::Arm> arms;
  for (const auto& [version, share] : json.items()) {
    SKERRY_RETURN_IF_ERROR(CheckPackageVersion(version));
    SKERRY_ASSIGN_OR_RETURN(
        const std::int64_t value,
        ReadInteger("arms." + version, share, 0, kShareTotal));
    arms.push_back({version, static_cast<int>(value)});
  }
  return arms;
}

Result<Split> ReadSplit(const Json& json) {
  if (!json.is_object()) return Wrong("split", json, "an object");
  Split split;
  for (const auto& [key, value] : json.items()) {
    if (key == "salt") {
      SKERRY_ASSIGN_OR_RETURN(split.salt, ReadText("split.salt", value));
    } else if (key == "arms") {
      SKERRY_ASSIGN_OR_RETURN(split.arms, ReadArms(value));
    } else if (key == "shadow") {
      SKERRY_ASSIGN_OR_RETURN(split.shadow, ReadText("split.shadow", value));
    } else {
      return Wrong("split." + key, value, "no such key: salt, arms or shadow");
    }
  }
  if (split.salt.size() > kSaltBytesMax) {
    return InvalidArgument("the model's configuration: 'split.salt' has " +
                           std::to_string(split.salt.size()) +
                           " bytes, limit is " + std::to_string(kSaltBytesMax));
  }
  SKERRY_RETURN_IF_ERROR(CheckSplit(split));
  return split;
}

Result<void> ReadKey(const std::string& key, const Json& value,
                     ModelConfiguration& configuration) {
  ModelOptions& options = configuration.options;
  if (key == "instances") {
    SKERRY_ASSIGN_OR_RETURN(options.instance_count, ReadInt(key, value));
  } else if (key == "threads") {
    SKERRY_ASSIGN_OR_RETURN(options.thread_count, ReadInt(key, value));
  } else if (key == "cores") {
    SKERRY_ASSIGN_OR_RETURN(options.cores, ReadCores(value));
  } else if (key == "queue") {
    SKERRY_ASSIGN_OR_RETURN(const int length, ReadInt(key, value));
    options.queue_length = static_cast<std::size_t>(length);
  } else if (key == "batch_delay_us") {
    SKERRY_ASSIGN_OR_RETURN(const int delay, ReadInt(key, value));
    options.batch_delay = std::chrono::microseconds(delay);
  } else if (key == "isolate") {
    if (!value.is_boolean()) return Wrong(key, value, "true or false");
    options.isolate = value.get<bool>();
  } else if (key == "split") {
    SKERRY_ASSIGN_OR_RETURN(configuration.split, ReadSplit(value));
  } else {
    return Wrong(key, value,
                 "no such key: instances, threads, cores, queue, "
                 "batch_delay_us, isolate or split");
  }
  return {};
}

}  // namespace

Result<ModelConfiguration> ParseModelConfiguration(
    const std::string& json, const ModelOptions& defaults) {
  ModelConfiguration configuration;
  configuration.options = defaults;
  if (json.empty()) return configuration;
  if (json.size() > kConfigurationBytesMax) {
    return InvalidArgument("the model's configuration has " +
                           std::to_string(json.size()) + " bytes, limit is " +
                           std::to_string(kConfigurationBytesMax));
  }
  SKERRY_ASSIGN_OR_RETURN(const Json parsed, ParseUnique(json));
  if (!parsed.is_object()) {
    return InvalidArgument("the model's configuration is no JSON object");
  }
  for (const auto& [key, value] : parsed.items()) {
    SKERRY_RETURN_IF_ERROR(ReadKey(key, value, configuration));
  }
  SKERRY_RETURN_IF_ERROR(CheckModelOptions(configuration.options));
  return configuration;
}

}  // namespace skerry::agent
