#include "preprocess_options.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "format.h"

namespace skerry::cli {
namespace {

using media::Anchor;
using media::Color;
using media::Interpolation;
using media::Layout;
using media::Orientation;
using media::Preprocess;
using media::ResizeMode;

/// `text` as one of `words`.
template <class T>
Result<T> ParseWord(const std::string& text,
                    std::initializer_list<std::pair<const char*, T>> words) {
  std::string wanted;
  for (const auto& [word, value] : words) {
    if (text == word) return value;
    wanted += (wanted.empty() ? "" : ", ") + std::string(word);
  }
  return InvalidArgument("is '" + text + "', want one of " + wanted);
}

Result<double> ParsePlainNumber(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) {
    return InvalidArgument("is '" + text + "', want a number");
  }
  return value;
}

/// A number, or a quotient of two: "1/255".
Result<double> ParseNumber(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return ParsePlainNumber(text);
  SKERRY_ASSIGN_OR_RETURN(const double over,
                          ParsePlainNumber(text.substr(0, slash)));
  SKERRY_ASSIGN_OR_RETURN(const double under,
                          ParsePlainNumber(text.substr(slash + 1)));
  if (under == 0) return InvalidArgument("is '" + text + "', divides by 0");
  return over / under;
}

Result<int> ParseInteger(const std::string& text, int min, int max) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || value < min || value > max) {
    return InvalidArgument("is '" + text + "', want an integer of " +
                           std::to_string(min) + " to " + std::to_string(max));
  }
  return value;
}

Result<std::vector<double>> ParseNumbers(const std::string& text) {
  std::vector<double> values;
  for (const std::string& part : Split(text, ',')) {
    SKERRY_ASSIGN_OR_RETURN(const double value, ParseNumber(part));
    values.push_back(value);
  }
  if (values.size() != 1 && values.size() != 3) {
    return InvalidArgument("is '" + text + "', want 1 or 3 numbers");
  }
  return values;
}

/// Assigns what a parser gave; a sentence of setters below.
template <class T, class Target>
Result<void> Store(Result<T> value, Target& target) {
  if (!value) return value.error();
  target = *std::move(value);
  return {};
}

Result<void> SetSize(const std::string& text, Preprocess& steps) {
  const std::vector<std::string> parts = Split(text, 'x');
  if (parts.size() != 2) {
    return InvalidArgument("is '" + text + "', want HEIGHTxWIDTH");
  }
  SKERRY_ASSIGN_OR_RETURN(const int height,
                          ParseInteger(parts[0], 1, media::kImageSideMax));
  SKERRY_ASSIGN_OR_RETURN(const int width,
                          ParseInteger(parts[1], 1, media::kImageSideMax));
  steps.size = media::ImageSize{.width = width, .height = height};
  return {};
}

Result<void> SetResize(const std::string& text, Preprocess& steps) {
  return Store(
      ParseWord<ResizeMode>(text, {{"stretch", ResizeMode::kStretch},
                                   {"crop", ResizeMode::kCrop},
                                   {"letterbox", ResizeMode::kLetterbox},
                                   {"shortest", ResizeMode::kShortest}}),
      steps.resize);
}

/// Stating the short side asks for the mode that has one.
Result<void> SetResizeShort(const std::string& text, Preprocess& steps) {
  steps.resize = ResizeMode::kShortest;
  return Store(ParseInteger(text, 1, media::kImageSideMax), steps.short_side);
}

Result<void> SetAnchor(const std::string& text, Preprocess& steps) {
  return Store(ParseWord<Anchor>(text, {{"center", Anchor::kCenter},
                                        {"top-left", Anchor::kTopLeft}}),
               steps.anchor);
}

Result<void> SetPadValue(const std::string& text, Preprocess& steps) {
  SKERRY_ASSIGN_OR_RETURN(const int value, ParseInteger(text, 0, 255));
  steps.pad_value = static_cast<std::uint8_t>(value);
  return {};
}

Result<void> SetInterpolation(const std::string& text, Preprocess& steps) {
  return Store(
      ParseWord<Interpolation>(text, {{"bilinear", Interpolation::kBilinear},
                                      {"nearest", Interpolation::kNearest}}),
      steps.interpolation);
}

Result<void> SetColor(const std::string& text, Preprocess& steps) {
  return Store(ParseWord<Color>(text, {{"rgb", Color::kRgb},
                                       {"bgr", Color::kBgr},
                                       {"gray", Color::kGray}}),
               steps.color);
}

Result<void> SetScale(const std::string& text, Preprocess& steps) {
  return Store(ParseNumber(text), steps.scale);
}

Result<void> SetMean(const std::string& text, Preprocess& steps) {
  return Store(ParseNumbers(text), steps.mean);
}

Result<void> SetStd(const std::string& text, Preprocess& steps) {
  return Store(ParseNumbers(text), steps.std);
}

Result<void> SetLayout(const std::string& text, Preprocess& steps) {
  return Store(ParseWord<Layout>(
                   text, {{"nchw", Layout::kNchw}, {"nhwc", Layout::kNhwc}}),
               steps.layout);
}

Result<void> SetOrientation(const std::string& text, Preprocess& steps) {
  return Store(ParseWord<Orientation>(text, {{"exif", Orientation::kExif},
                                             {"ignore", Orientation::kIgnore}}),
               steps.orientation);
}

const PreprocessKey* FindKey(std::string_view name) {
  for (const PreprocessKey& key : PreprocessKeys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

/// A scalar's text; of a list, its items joined by commas.
std::optional<std::string> ValueText(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  if (!node.IsSequence() || node.size() == 0) return std::nullopt;
  std::string text;
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return std::nullopt;
    text += (text.empty() ? "" : ",") + item.Scalar();
  }
  return text;
}

Result<void> ReadEntry(const YAML::Node& key_node, const YAML::Node& value_node,
                       std::set<std::string>& seen, Preprocess& steps) {
  const std::string line =
      "line " + std::to_string(key_node.Mark().line + 1) + ": ";
  if (!key_node.IsScalar()) return InvalidArgument(line + "a key is no text");
  const std::string& name = key_node.Scalar();
  const PreprocessKey* key = FindKey(name);
  if (key == nullptr) {
    std::string known;
    for (const PreprocessKey& each : PreprocessKeys()) {
      known += (known.empty() ? "" : ", ") + std::string(each.name);
    }
    return InvalidArgument(line + "unknown key '" + name + "', want one of " +
                           known);
  }
  if (!seen.insert(name).second) {
    return InvalidArgument(line + "key '" + name + "' is there twice");
  }
  const std::optional<std::string> value = ValueText(value_node);
  if (!value) {
    return InvalidArgument(line + name + " is neither a value nor a list");
  }
  const Result<void> set = key->set(*value, steps);
  if (!set) return InvalidArgument(line + name + " " + set.error().message());
  return {};
}

Result<Preprocess> ReadSidecar(const std::string& text) {
  Preprocess steps;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return steps;
    if (!root.IsMap()) {
      return InvalidArgument("line 1: want a map of settings, 'key: value'");
    }
    std::set<std::string> seen;
    for (const auto& entry : root) {
      SKERRY_RETURN_IF_ERROR(ReadEntry(entry.first, entry.second, seen, steps));
    }
  } catch (const YAML::Exception& error) {
    return InvalidArgument("line " + std::to_string(error.mark.line + 1) +
                           ": " + error.msg);
  }
  return steps;
}

}  // namespace

const std::vector<PreprocessKey>& PreprocessKeys() {
  static const std::vector<PreprocessKey> kKeys = {
      {"size", "HxW", "size after resizing; the input's own if not given",
       SetSize},
      {"resize", "stretch|crop|letterbox|shortest",
       "how a photo gets that size (stretch): its aspect ratio given up, its "
       "centre cut out before, borders added, or as --resize-short",
       SetResize},
      {"resize_short", "PIXELS",
       "resize the short side to this (256), then cut out the centre",
       SetResizeShort},
      {"anchor", "center|top-left", "where a letterboxed photo lies (center)",
       SetAnchor},
      {"pad_value", "0..255", "what fills the borders of a letterbox (0)",
       SetPadValue},
      {"interpolation", "bilinear|nearest", "how pixels are made (bilinear)",
       SetInterpolation},
      {"color", "rgb|bgr|gray", "order of the channels (rgb)", SetColor},
      {"scale", "S", "pixels become (x * scale - mean) / std; 1/255 will do",
       SetScale},
      {"mean", "M[,M,M]", "for all channels or each, in their order (0)",
       SetMean},
      {"std", "D[,D,D]", "for all channels or each, in their order (1)",
       SetStd},
      {"layout", "nchw|nhwc", "order of the input's axes, if both may be",
       SetLayout},
      {"orientation", "exif|ignore",
       "turn photos upright as their EXIF data says (exif)", SetOrientation},
  };
  return kKeys;
}

Result<Preprocess> ReadPreprocess(const std::string& file,
                                  const PreprocessValues& flags) {
  SKERRY_ASSIGN_OR_RETURN(Preprocess steps, ReadSidecar(file));
  // In the keys' order, so that `resize` and `resize_short` mean the same
  // whichever is given first.
  for (const PreprocessKey& key : PreprocessKeys()) {
    const auto flag = flags.find(key.name);
    if (flag == flags.end()) continue;
    const Result<void> set = key.set(flag->second, steps);
    if (!set) return set.error().WithContext(key.name);
  }
  return steps;
}

}  // namespace skerry::cli
