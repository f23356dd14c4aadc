#include "skerry/agent/config.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace skerry::agent {
namespace {

using Json = nlohmann::json;

/// `value` as a message shows it, cut short.
std::string Shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

Error Wanted(const Json& value, std::string_view wanted) {
  return InvalidArgument("got " + Shown(value) + ", want " +
                         std::string(wanted));
}

// --- One reader for each kind of value ---------------------------------------

Result<std::string> ReadText(const Json& value) {
  if (!value.is_string()) return Wanted(value, "a string");
  return value.get<std::string>();
}

Result<std::int64_t> ReadInteger(const Json& value, std::int64_t least,
                                 std::int64_t most) {
  std::int64_t number = 0;
  bool is_number = false;
  if (value.is_number_integer()) {
    // A number beyond int64 reads as a negative one, and is refused.
    number = value.get<std::int64_t>();
    is_number = true;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    is_number = fault == std::errc() && stop == end;
  }
  if (!is_number || number < least || number > most) {
    return Wanted(value, "an integer from " + std::to_string(least) + " to " +
                             std::to_string(most));
  }
  return number;
}

Result<bool> ReadTruth(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text == "true" || text == "True" || text == "1") return true;
    if (text == "false" || text == "False" || text == "0") return false;
  }
  return Wanted(value, "true or false");
}

// --- Setters: a key's value into its place -----------------------------------

using Setter = std::function<Result<void>(const Json&, AgentConfig&)>;

template <class Member>
Setter Text(Member member) {
  return [member](const Json& value, AgentConfig& config) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(std::invoke(member, config), ReadText(value));
    return {};
  };
}

template <class Member>
Setter Truth(Member member) {
  return [member](const Json& value, AgentConfig& config) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(std::invoke(member, config), ReadTruth(value));
    return {};
  };
}

template <class Member>
Setter Integer(std::int64_t least, std::int64_t most, Member member) {
  return [=](const Json& value, AgentConfig& config) -> Result<void> {
    SKERRY_ASSIGN_OR_RETURN(const std::int64_t number,
                            ReadInteger(value, least, most));
    auto& place = std::invoke(member, config);
    place = std::remove_reference_t<decltype(place)>(number);
    return {};
  };
}

Result<void> SetDestination(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(const std::string text, ReadText(value));
  if (text != "Cloud" && text != "Disk") {
    return Wanted(value, "\"Cloud\" or \"Disk\"");
  }
  config.capture.destination = text == "Cloud"
                                   ? CaptureOptions::Destination::kCloud
                                   : CaptureOptions::Destination::kDisk;
  config.captures = true;
  return {};
}

Result<void> SetDiskPath(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(config.capture.disk_path, ReadText(value));
  config.captures = true;
  return {};
}

Result<void> SetProvider(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(const std::string text, ReadText(value));
  if (text != "Aws" && text != "None") {
    return Wanted(value, "\"Aws\" or \"None\" (plug-ins are not supported)");
  }
  config.provider.enabled = text == "Aws";
  return {};
}

Result<void> SetVerbose(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(const bool verbose, ReadTruth(value));
  if (verbose) config.log_level = telemetry::LogLevel::kDebug;
  return {};
}

Result<void> SetLogFormat(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(const std::string text, ReadText(value));
  SKERRY_ASSIGN_OR_RETURN(config.log_format, telemetry::ParseLogFormat(text));
  return {};
}

Result<void> SetSocketMode(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(const std::string text, ReadText(value));
  const char* end = text.data() + text.size();
  const auto [stop, fault] =
      std::from_chars(text.data(), end, config.socket_mode, 8);
  if (fault != std::errc() || stop != end || config.socket_mode > 0777) {
    return Wanted(value, "octal permissions such as \"0660\"");
  }
  return {};
}

template <class Parse>
Result<std::vector<unsigned>> ReadIds(const Json& value, Parse parse) {
  if (!value.is_array()) return Wanted(value, "a list of names or numbers");
  std::vector<unsigned> ids;
  for (const Json& item : value) {
    const std::string text = item.is_string() ? item.get<std::string>()
                             : item.is_number_integer() ? item.dump()
                                                        : std::string();
    SKERRY_ASSIGN_OR_RETURN(const unsigned id, parse(text));
    ids.push_back(id);
  }
  return ids;
}

Result<void> SetUsers(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(config.users_allowed, ReadIds(value, ParseUser));
  return {};
}

Result<void> SetGroups(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(config.groups_allowed, ReadIds(value, ParseGroup));
  return {};
}

Result<void> SetDefaults(const Json& value, AgentConfig& config) {
  SKERRY_ASSIGN_OR_RETURN(
      const ModelConfiguration configuration,
      ParseModelConfiguration(value.dump(), config.model_defaults));
  if (configuration.split) return InvalidArgument("no split can be a default");
  config.model_defaults = configuration.options;
  return {};
}

Result<void> SetTraceShare(const Json& value, AgentConfig& config) {
  if (!value.is_number()) return Wanted(value, "a number from 0 to 1");
  const double share = value.get<double>();
  if (!(share >= 0 && share <= 1)) return Wanted(value, "a number from 0 to 1");
  config.trace_share = share;
  return {};
}

Result<std::vector<std::string>> ReadPaths(const Json& value) {
  const Json list = value.is_array() ? value : Json::array({value});
  if (list.empty()) return Wanted(value, "a folder, or a list of folders");
  std::vector<std::string> paths;
  for (const Json& item : list) {
    SKERRY_ASSIGN_OR_RETURN(paths.emplace_back(), ReadText(item));
  }
  return paths;
}

Result<ConfiguredModel> ReadModel(const Json& value,
                                  const ModelOptions& defaults) {
  if (!value.is_object()) return Wanted(value, "an object");
  Json rest = value;
  for (const char* key : {"name", "path"}) {
    if (!rest.contains(key)) {
      return InvalidArgument("'" + std::string(key) + "' is missing");
    }
  }
  ConfiguredModel model;
  SKERRY_ASSIGN_OR_RETURN(model.name, ReadText(rest["name"]));
  SKERRY_ASSIGN_OR_RETURN(model.paths, ReadPaths(rest["path"]));
  rest.erase("name");
  rest.erase("path");
  SKERRY_ASSIGN_OR_RETURN(model.configuration,
                          ParseModelConfiguration(rest.dump(), defaults));
  return model;
}

Result<void> SetModels(const Json& value, AgentConfig& config) {
  if (!value.is_array()) return Wanted(value, "a list of objects");
  config.models.clear();
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto model = ReadModel(value[i], config.model_defaults);
    if (!model) {
      return model.error().WithContext("entry " + std::to_string(i));
    }
    config.models.push_back(*std::move(model));
  }
  return {};
}

struct Key {
  std::string_view name;
  Setter set;
};

constexpr std::int64_t kIntMax = std::numeric_limits<std::int32_t>::max();

/// Keys of SageMaker Edge Manager's agent.
std::vector<Key> AwsKeys() {
  using C = AgentConfig;
  return {
      {"sagemaker_edge_core_device_name",
       Text([](C& c) -> auto& { return c.capture.device_name; })},
      {"sagemaker_edge_core_device_uuid",
       Text([](C& c) -> auto& { return c.capture.device_name; })},
      {"sagemaker_edge_core_device_fleet_name",
       Text([](C& c) -> auto& { return c.capture.fleet_name; })},
      {"sagemaker_edge_core_iot_thing_name",
       Text([](C& c) -> auto& { return c.provider.thing_name; })},
      {"sagemaker_edge_core_region",
       Text([](C& c) -> auto& { return c.provider.region; })},
      {"sagemaker_edge_core_root_certs_path", Text(&C::trust_roots)},
      {"sagemaker_edge_core_folder_prefix",
       Text([](C& c) -> auto& { return c.capture.folder_prefix; })},
      {"sagemaker_edge_core_capture_data_destination", SetDestination},
      {"sagemaker_edge_core_capture_data_disk_path", SetDiskPath},
      {"sagemaker_edge_core_capture_data_buffer_size",
       Integer(1, kIntMax,
               [](C& c) -> auto& { return c.capture.buffer_size; })},
      {"sagemaker_edge_core_capture_data_batch_size",
       Integer(1, kIntMax, [](C& c) -> auto& { return c.capture.batch_size; })},
      {"sagemaker_edge_core_capture_data_push_period_seconds",
       Integer(1, kIntMax,
               [](C& c) -> auto& { return c.capture.push_period; })},
      {"sagemaker_edge_core_capture_data_base64_embed_limit",
       Integer(0, 3072,
               [](C& c) -> auto& { return c.capture.base64_embed_bytes_max; })},
      {"sagemaker_edge_core_capture_data_periodic_upload",
       Truth([](C& c) -> auto& { return c.capture.periodic_upload; })},
      {"sagemaker_edge_core_capture_data_periodic_upload_period_seconds",
       Integer(1, kIntMax,
               [](C& c) -> auto& { return c.capture.periodic_upload_period; })},
      {"sagemaker_edge_provider_provider", SetProvider},
      {"sagemaker_edge_provider_s3_bucket_name",
       Text([](C& c) -> auto& { return c.capture.bucket; })},
      {"sagemaker_edge_provider_aws_ca_cert_file",
       Text([](C& c) -> auto& { return c.provider.ca_file; })},
      {"sagemaker_edge_provider_aws_cert_file",
       Text([](C& c) -> auto& { return c.provider.certificate_file; })},
      {"sagemaker_edge_provider_aws_cert_pk_file",
       Text([](C& c) -> auto& { return c.provider.key_file; })},
      {"sagemaker_edge_provider_aws_iot_cred_endpoint",
       Text([](C& c) -> auto& { return c.provider.credential_url; })},
      {"sagemaker_edge_log_verbose", SetVerbose},
  };
}

/// Keys of our own. `skerry_models` is last: it needs the defaults.
std::vector<Key> OwnKeys() {
  using C = AgentConfig;
  return {
      {"skerry_model_defaults", SetDefaults},
      {"skerry_socket", Text(&C::socket_path)},
      {"skerry_socket_mode", SetSocketMode},
      {"skerry_users_allowed", SetUsers},
      {"skerry_groups_allowed", SetGroups},
      {"skerry_message_bytes_max",
       Integer(1024, kIntMax, &C::message_bytes_max)},
      {"skerry_grpc_listen", Text(&C::grpc_listen)},
      {"skerry_http_listen", Text(&C::http_listen)},
      {"skerry_tls_certificate",
       Text([](C& c) -> auto& { return c.tls.certificate_file; })},
      {"skerry_tls_key", Text([](C& c) -> auto& { return c.tls.key_file; })},
      {"skerry_tls_client_ca",
       Text([](C& c) -> auto& { return c.tls.client_ca_file; })},
      {"skerry_repository", Text(&C::repository)},
      {"skerry_isolate", Truth(&C::isolate)},
      {"skerry_s3_endpoint",
       Text([](C& c) -> auto& { return c.provider.s3_endpoint; })},
      {"skerry_log_format", SetLogFormat},
      {"skerry_otlp_endpoint", Text(&C::otlp_endpoint)},
      {"skerry_trace_share", SetTraceShare},
      {"skerry_drain_seconds", Integer(0, 3600, &C::drain_time)},
      {"skerry_models", SetModels},
  };
}

Result<void> Apply(const std::vector<Key>& keys, Json& object,
                   AgentConfig& config) {
  for (const Key& key : keys) {
    const auto found = object.find(key.name);
    if (found == object.end()) continue;
    if (auto set = key.set(*found, config); !set) {
      return set.error().WithContext("'" + std::string(key.name) + "'");
    }
    object.erase(found);
  }
  return {};
}

}  // namespace

Result<void> ParseAgentConfig(std::string_view text, AgentConfig& config,
                              std::vector<std::string>& ignored) {
  Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) return InvalidArgument("it is no JSON");
  if (!object.is_object()) return Wanted(object, "a JSON object");
  try {
    SKERRY_RETURN_IF_ERROR(Apply(AwsKeys(), object, config));
    SKERRY_RETURN_IF_ERROR(Apply(OwnKeys(), object, config));
    for (const auto& [key, value] : object.items()) {
      if (key.starts_with("skerry_")) {
        return InvalidArgument("there is no key '" + key + "'");
      }
      ignored.push_back(key);
    }
  } catch (const Json::exception& fault) {  // a value's text is no UTF-8
    return InvalidArgument(fault.what());
  }
  return {};
}

namespace {

/// A number, or what `find` says of a name.
template <class Find>
Result<unsigned> ParseId(const std::string& text, std::string_view what,
                         Find find) {
  unsigned id = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, id);
  if (!text.empty() && fault == std::errc() && stop == end) return id;
  if (const std::optional<unsigned> found = find()) return *found;
  return InvalidArgument("there is no " + std::string(what) + " '" + text +
                         "'");
}

}  // namespace

Result<unsigned> ParseUser(const std::string& text) {
  return ParseId(text, "user", [&]() -> std::optional<unsigned> {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? std::nullopt : std::optional(found->pw_uid);
  });
}

Result<unsigned> ParseGroup(const std::string& text) {
  return ParseId(text, "group", [&]() -> std::optional<unsigned> {
    group entry{};
    group* found = nullptr;
    std::array<char, 4096> buffer{};
    getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
  });
}

}  // namespace skerry::agent
