#include "skerry/model/manifest.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <utility>

namespace skerry {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool NeedsEscape(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte <= 0x20 || byte == 0x7F || byte == '%';
}

std::string EncodeName(std::string_view name) {
  if (name.empty()) return "%";
  std::string encoded;
  for (const char character : name) {
    if (NeedsEscape(character)) {
      const auto byte = static_cast<unsigned char>(character);
      encoded += '%';
      encoded += kHexDigits[byte >> 4];
      encoded += kHexDigits[byte & 15];
    } else {
      encoded += character;
    }
  }
  return encoded;
}

// Strict, so that a name has one spelling only.
std::optional<std::string> DecodeName(std::string_view encoded) {
  if (encoded == "%") return std::string();
  std::string name;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      if (NeedsEscape(encoded[i])) return std::nullopt;
      name += encoded[i];
      continue;
    }
    if (encoded.size() - i < 3) return std::nullopt;
    const std::size_t high = kHexDigits.find(encoded[i + 1]);
    const std::size_t low = kHexDigits.find(encoded[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    const char character = static_cast<char>(high * 16 + low);
    if (!NeedsEscape(character)) return std::nullopt;
    name += character;
    i += 2;
  }
  if (name.empty()) return std::nullopt;
  return name;
}

// Strict, so that a number has one spelling only: no sign but '-', no leading
// zeros.
template <std::integral T>
std::optional<T> DecodeNumber(std::string_view digits) {
  T value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  if (std::to_string(value) != digits) return std::nullopt;
  return value;
}

std::string EncodeType(const TensorType& type) {
  std::string text(DataTypeName(type.type));
  text += '[';
  for (int axis = 0; axis < type.shape.rank(); ++axis) {
    if (axis != 0) text += ',';
    text += std::to_string(type.shape[axis]);
  }
  text += ']';
  return text;
}

std::optional<TensorType> DecodeType(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos || !text.ends_with(']')) {
    return std::nullopt;
  }
  const std::optional<DataType> type = ParseDataType(text.substr(0, open));
  if (!type) return std::nullopt;
  std::string_view rest = text.substr(open + 1);
  rest.remove_suffix(1);

  std::vector<std::int64_t> dims;
  bool more = !rest.empty();
  while (more) {
    const std::size_t comma = rest.find(',');
    const auto dim = DecodeNumber<std::int64_t>(rest.substr(0, comma));
    if (!dim || dims.size() == kRankMax) return std::nullopt;
    dims.push_back(*dim);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  Result<Shape> shape = Shape::Create(std::move(dims));
  if (!shape) return std::nullopt;
  return TensorType{*type, *std::move(shape)};
}

// Takes the text apart, line by line and word by word, and keeps the place
// for messages.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  bool NextIs(std::string_view key) const {
    return text_.starts_with(key) && text_.size() > key.size() &&
           text_[key.size()] == ' ';
  }

  // Goes to the next line, which must start with `key`.
  Result<void> Begin(std::string_view key) {
    ++line_number_;
    const std::size_t end = text_.find('\n');
    if (end == std::string_view::npos) {
      line_ = text_;
      return Wanted("a line that ends");
    }
    line_ = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    more_ = true;
    if (TakeWord() != key) return Wanted("'" + std::string(key) + "'");
    return {};
  }

  // The line must have been read to its end.
  Result<void> End() const {
    if (more_) return Wanted("the end of the line");
    return {};
  }
  bool more() const { return more_; }

  Result<std::string> Name() {
    std::optional<std::string> name = DecodeName(TakeWord());
    if (!name) return Wanted("a percent-encoded name");
    return *std::move(name);
  }

  template <std::integral T>
  Result<T> Number() {
    const std::optional<T> number = DecodeNumber<T>(TakeWord());
    if (!number) return Wanted("an integer");
    return *number;
  }

  Result<TensorType> Type() {
    std::optional<TensorType> type = DecodeType(TakeWord());
    if (!type) return Wanted("a type such as float32[1,3,224,224]");
    return *std::move(type);
  }

 private:
  // Words are parted by exactly one space; a space at the end of a line is
  // followed by an empty word, which nothing accepts.
  std::string_view TakeWord() {
    if (!more_) {
      word_ = {};
      return word_;
    }
    const std::size_t space = line_.find(' ');
    word_ = line_.substr(0, space);
    more_ = space != std::string_view::npos;
    if (more_) line_.remove_prefix(space + 1);
    return word_;
  }

  Error Wanted(std::string_view what) const {
    constexpr std::size_t kShownBytesMax = 60;
    return DataLoss("manifest line " + std::to_string(line_number_) +
                    ": want " + std::string(what) + ", found '" +
                    EncodeName(word_.substr(0, kShownBytesMax)) + "'");
  }

  std::string_view text_;
  std::string_view line_;
  std::string_view word_;
  bool more_ = false;
  int line_number_ = 0;
};

Result<std::string> ParseNameLine(Parser& parser, std::string_view key) {
  SKERRY_RETURN_IF_ERROR(parser.Begin(key));
  SKERRY_ASSIGN_OR_RETURN(std::string name, parser.Name());
  SKERRY_RETURN_IF_ERROR(parser.End());
  return name;
}

Result<std::uint64_t> ParseNumberLine(Parser& parser, std::string_view key) {
  SKERRY_RETURN_IF_ERROR(parser.Begin(key));
  SKERRY_ASSIGN_OR_RETURN(const auto value, parser.Number<std::uint64_t>());
  SKERRY_RETURN_IF_ERROR(parser.End());
  return value;
}

Result<void> ParseVersion(Parser& parser) {
  SKERRY_RETURN_IF_ERROR(parser.Begin("skerry-manifest"));
  SKERRY_ASSIGN_OR_RETURN(const int version, parser.Number<int>());
  SKERRY_RETURN_IF_ERROR(parser.End());
  if (version != Manifest::kVersion) {
    return FailedPrecondition("manifest version is " + std::to_string(version) +
                              ", this program reads " +
                              std::to_string(Manifest::kVersion));
  }
  return {};
}

Result<std::vector<std::string>> ParseFeatures(Parser& parser) {
  SKERRY_RETURN_IF_ERROR(parser.Begin("cpu_features"));
  std::vector<std::string> features;
  while (parser.more()) {
    SKERRY_ASSIGN_OR_RETURN(std::string feature, parser.Name());
    features.push_back(std::move(feature));
  }
  return features;
}

Result<std::vector<TensorSpec>> ParseSpecs(Parser& parser,
                                           std::string_view key) {
  std::vector<TensorSpec> specs;
  while (parser.NextIs(key)) {
    SKERRY_RETURN_IF_ERROR(parser.Begin(key));
    SKERRY_ASSIGN_OR_RETURN(std::string name, parser.Name());
    SKERRY_ASSIGN_OR_RETURN(TensorType type, parser.Type());
    SKERRY_RETURN_IF_ERROR(parser.End());
    specs.push_back({std::move(name), std::move(type)});
  }
  return specs;
}

Result<LayerSpec> ParseLayer(Parser& parser) {
  LayerSpec layer;
  SKERRY_RETURN_IF_ERROR(parser.Begin("layer"));
  SKERRY_ASSIGN_OR_RETURN(layer.name, parser.Name());
  SKERRY_ASSIGN_OR_RETURN(layer.op, parser.Name());
  SKERRY_ASSIGN_OR_RETURN(layer.kernel, parser.Name());
  SKERRY_ASSIGN_OR_RETURN(layer.output, parser.Type());
  SKERRY_ASSIGN_OR_RETURN(layer.flops, parser.Number<std::int64_t>());
  SKERRY_ASSIGN_OR_RETURN(layer.bytes, parser.Number<std::int64_t>());
  SKERRY_ASSIGN_OR_RETURN(layer.offset, parser.Number<std::int64_t>());
  SKERRY_RETURN_IF_ERROR(parser.End());
  return layer;
}

Result<void> CheckBytes(std::string_view key, std::uint64_t bytes) {
  if (bytes <= kMemoryBytesMax) return {};
  return DataLoss(std::string(key) + " is " + std::to_string(bytes) +
                  ", limit is " + std::to_string(kMemoryBytesMax));
}

Result<void> CheckSpecs(std::string_view kind,
                        const std::vector<TensorSpec>& specs) {
  if (specs.size() > kTensorSpecsMax) {
    return DataLoss("the model has " + std::to_string(specs.size()) + " " +
                    std::string(kind) + "s, limit is " +
                    std::to_string(kTensorSpecsMax));
  }
  std::vector<std::string_view> names;
  names.reserve(specs.size());
  for (const TensorSpec& spec : specs) names.emplace_back(spec.name);
  std::ranges::sort(names);
  const auto twin = std::ranges::adjacent_find(names);
  if (twin != names.end()) {
    return DataLoss("two " + std::string(kind) + "s are named '" +
                    EncodeName(*twin) + "'");
  }
  return {};
}

Result<void> CheckLayer(const LayerSpec& layer, std::uint64_t arena_bytes) {
  const auto bad = [&](std::string_view what) {
    return DataLoss("layer '" + EncodeName(layer.name) +
                    "': " + std::string(what));
  };
  if (layer.flops < 0 || layer.bytes < 0) return bad("its cost is negative");
  if (layer.offset == -1) return {};
  if (layer.offset < 0) return bad("its offset is negative");
  const auto offset = static_cast<std::uint64_t>(layer.offset);
  const auto bytes = static_cast<std::uint64_t>(layer.output.byte_count());
  if (offset > arena_bytes || bytes > arena_bytes - offset) {
    return bad("its output, " + std::to_string(bytes) + " bytes at " +
               std::to_string(offset) + ", leaves the arena of " +
               std::to_string(arena_bytes) + " bytes");
  }
  return {};
}

void PrintSpecs(std::string& text, std::string_view key,
                const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    text.append(key) += ' ';
    text += EncodeName(spec.name) + ' ' + EncodeType(spec.type) + '\n';
  }
}

}  // namespace

Result<void> CheckManifest(const Manifest& manifest) {
  SKERRY_RETURN_IF_ERROR(CheckBytes("arena_bytes", manifest.arena_bytes));
  SKERRY_RETURN_IF_ERROR(CheckBytes("scratch_bytes", manifest.scratch_bytes));
  SKERRY_RETURN_IF_ERROR(CheckBytes("weight_bytes", manifest.weight_bytes));
  SKERRY_RETURN_IF_ERROR(CheckSpecs("input", manifest.inputs));
  SKERRY_RETURN_IF_ERROR(CheckSpecs("output", manifest.outputs));
  for (const LayerSpec& layer : manifest.layers) {
    SKERRY_RETURN_IF_ERROR(CheckLayer(layer, manifest.arena_bytes));
  }
  return {};
}

std::string PrintManifest(const Manifest& manifest) {
  std::string text =
      "skerry-manifest " + std::to_string(Manifest::kVersion) + '\n';
  const auto line = [&text](std::string_view key, const std::string& value) {
    text.append(key) += ' ';
    text += value + '\n';
  };
  line("model", EncodeName(manifest.model_name));
  line("compiler", EncodeName(manifest.compiler));
  line("source", EncodeName(manifest.source_digest));
  line("target", EncodeName(manifest.target));
  line("architecture", EncodeName(manifest.architecture));
  text += "cpu_features";
  for (const std::string& feature : manifest.cpu_features) {
    text += ' ' + EncodeName(feature);
  }
  text += '\n';
  line("arena_bytes", std::to_string(manifest.arena_bytes));
  line("scratch_bytes", std::to_string(manifest.scratch_bytes));
  line("weight_bytes", std::to_string(manifest.weight_bytes));
  PrintSpecs(text, "input", manifest.inputs);
  PrintSpecs(text, "output", manifest.outputs);
  for (const LayerSpec& layer : manifest.layers) {
    line("layer",
         EncodeName(layer.name) + ' ' + EncodeName(layer.op) + ' ' +
             EncodeName(layer.kernel) + ' ' + EncodeType(layer.output) + ' ' +
             std::to_string(layer.flops) + ' ' + std::to_string(layer.bytes) +
             ' ' + std::to_string(layer.offset));
  }
  return text;
}

Result<Manifest> ParseManifest(std::string_view text) {
  if (text.size() > kManifestBytesMax) {
    return DataLoss("manifest has " + std::to_string(text.size()) +
                    " bytes, limit is " + std::to_string(kManifestBytesMax));
  }
  Parser parser(text);
  Manifest manifest;
  SKERRY_RETURN_IF_ERROR(ParseVersion(parser));
  SKERRY_ASSIGN_OR_RETURN(manifest.model_name, ParseNameLine(parser, "model"));
  SKERRY_ASSIGN_OR_RETURN(manifest.compiler, ParseNameLine(parser, "compiler"));
  SKERRY_ASSIGN_OR_RETURN(manifest.source_digest,
                          ParseNameLine(parser, "source"));
  SKERRY_ASSIGN_OR_RETURN(manifest.target, ParseNameLine(parser, "target"));
  SKERRY_ASSIGN_OR_RETURN(manifest.architecture,
                          ParseNameLine(parser, "architecture"));
  SKERRY_ASSIGN_OR_RETURN(manifest.cpu_features, ParseFeatures(parser));
  SKERRY_ASSIGN_OR_RETURN(manifest.arena_bytes,
                          ParseNumberLine(parser, "arena_bytes"));
  SKERRY_ASSIGN_OR_RETURN(manifest.scratch_bytes,
                          ParseNumberLine(parser, "scratch_bytes"));
  SKERRY_ASSIGN_OR_RETURN(manifest.weight_bytes,
                          ParseNumberLine(parser, "weight_bytes"));
  SKERRY_ASSIGN_OR_RETURN(manifest.inputs, ParseSpecs(parser, "input"));
  SKERRY_ASSIGN_OR_RETURN(manifest.outputs, ParseSpecs(parser, "output"));
  while (!parser.at_end()) {
    SKERRY_ASSIGN_OR_RETURN(LayerSpec layer, ParseLayer(parser));
    manifest.layers.push_back(std::move(layer));
  }
  SKERRY_RETURN_IF_ERROR(CheckManifest(manifest));
  return manifest;
}

}  // namespace skerry
