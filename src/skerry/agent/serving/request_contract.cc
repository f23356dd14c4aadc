#include "skerry/agent/serving/request_contract.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace skerry::agent {
namespace {

Error BadTensor(std::string_view kind, std::string_view name,
                std::string_view what) {
  std::string message(kind);
  message.append(" '").append(name).append("': ").append(what);
  return InvalidArgument(std::move(message));
}

std::string Names(const std::vector<TensorSpec>& specs) {
  constexpr std::size_t kNamesMax = 16;
  std::string names;
  for (std::size_t i = 0; i < specs.size() && i < kNamesMax; ++i) {
    if (i > 0) names += ", ";
    names += "'" + specs[i].name + "'";
  }
  if (specs.size() > kNamesMax) names += ", ...";
  return names;
}

// As TensorType prints it, but for dims that are no shape of ours.
std::string FoundType(DataType type, const std::vector<std::int64_t>& dims) {
  constexpr auto kDimsMax = std::size_t{2} * kRankMax;
  std::string text(DataTypeName(type));
  text += '[';
  for (std::size_t i = 0; i < dims.size() && i < kDimsMax; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  if (dims.size() > kDimsMax) text += ", ...";
  return text + ']';
}

Result<void> CheckBatchable(std::string_view kind,
                            const std::vector<TensorSpec>& specs,
                            std::int64_t extent) {
  for (const TensorSpec& spec : specs) {
    const Shape& shape = spec.type.shape;
    if (shape.rank() > 0 && shape[0] == extent && extent > 1) continue;
    return BadTensor(kind, spec.name,
                     "its type is " + spec.type.ToString() +
                         ", but for dynamic batching all inputs and outputs "
                         "need the same first extent above 1; leave out the "
                         "batch delay");
  }
  return {};
}

}  // namespace

RequestContract::RequestContract(Manifest manifest, bool batching)
    : manifest_(std::move(manifest)), batching_(batching) {
  for (std::size_t i = 0; i < manifest_.inputs.size(); ++i) {
    input_index_.emplace(manifest_.inputs[i].name, i);
  }
  for (std::size_t i = 0; i < manifest_.outputs.size(); ++i) {
    output_index_.emplace(manifest_.outputs[i].name, i);
  }
  if (batching_) batch_max_ = manifest_.inputs[0].type.shape[0];
}

Result<RequestContract> RequestContract::Create(Manifest manifest,
                                                bool batching) {
  if (batching) {
    if (manifest.inputs.empty()) {
      return InvalidArgument("dynamic batching: the model has no input");
    }
    const Shape& shape = manifest.inputs[0].type.shape;
    const std::int64_t extent = shape.rank() > 0 ? shape[0] : 0;
    SKERRY_RETURN_IF_ERROR(CheckBatchable("input", manifest.inputs, extent));
    SKERRY_RETURN_IF_ERROR(CheckBatchable("output", manifest.outputs, extent));
  }
  return RequestContract(std::move(manifest), batching);
}

Result<std::int64_t> RequestContract::Bind(InferenceRequest& request) const {
  SKERRY_RETURN_IF_ERROR(OrderInputs(request.inputs));
  std::int64_t extent = 1;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    SKERRY_ASSIGN_OR_RETURN(const std::int64_t found,
                            CheckInput(i, request.inputs[i]));
    if (i > 0 && found != extent) {
      return BadTensor("input", manifest_.inputs[i].name,
                       "its first extent is " + std::to_string(found) +
                           ", that of '" + manifest_.inputs[0].name + "' is " +
                           std::to_string(extent));
    }
    extent = found;
  }
  SKERRY_RETURN_IF_ERROR(CheckWishes(request.outputs, extent));
  return extent;
}

// Names are moved to their places by swaps: each puts one input where it
// belongs, so this takes linear time and no memory.
Result<void> RequestContract::OrderInputs(
    std::vector<InputTensor>& inputs) const {
  const auto named = static_cast<std::size_t>(std::ranges::count_if(
      inputs, [](const InputTensor& input) { return !input.name.empty(); }));
  if (named != 0 && named != inputs.size()) {
    return InvalidArgument("got " + std::to_string(named) + " of " +
                           std::to_string(inputs.size()) +
                           " inputs with a name; name all or none");
  }
  for (const InputTensor& input : inputs) {
    if (named == 0 || input_index_.contains(input.name)) continue;
    return BadTensor(
        "input", input.name,
        "the model has no such input; it has " + Names(manifest_.inputs));
  }
  for (std::size_t i = 0; named > 0 && i < inputs.size(); ++i) {
    while (true) {
      const std::size_t place = input_index_.find(inputs[i].name)->second;
      if (place == i) break;
      if (place >= inputs.size()) break;  // one before it is missing
      if (inputs[place].name == inputs[i].name) {
        return BadTensor("input", inputs[i].name, "it is there twice");
      }
      std::swap(inputs[place], inputs[i]);
    }
  }
  for (std::size_t i = 0; i < manifest_.inputs.size(); ++i) {
    const std::string& wanted = manifest_.inputs[i].name;
    const bool found =
        i < inputs.size() && (named == 0 || inputs[i].name == wanted);
    if (found) continue;
    return BadTensor("input", wanted,
                     "it is missing; got " + std::to_string(inputs.size()) +
                         " inputs, want " +
                         std::to_string(manifest_.inputs.size()) + ": " +
                         Names(manifest_.inputs));
  }
  if (inputs.size() > manifest_.inputs.size()) {
    return InvalidArgument("got " + std::to_string(inputs.size()) +
                           " inputs, the model has " +
                           std::to_string(manifest_.inputs.size()) + ": " +
                           Names(manifest_.inputs));
  }
  return {};
}

// Returns the first extent with batching, else 1.
Result<std::int64_t> RequestContract::CheckInput(
    std::size_t i, const InputTensor& input) const {
  const TensorSpec& spec = manifest_.inputs[i];
  const DataType type = input.data_type.value_or(spec.type.type);
  SKERRY_ASSIGN_OR_RETURN(const std::int64_t extent, InputExtent(i, input));
  const std::vector<std::int64_t>& wanted = spec.type.shape.dims();
  const std::vector<std::int64_t>& found =
      input.dims.has_value() ? *input.dims : wanted;
  const std::size_t fixed_from = batching_ ? 1 : 0;
  const bool dims_fit =
      found.size() == wanted.size() &&
      std::equal(found.begin() + static_cast<std::ptrdiff_t>(fixed_from),
                 found.end(),
                 wanted.begin() + static_cast<std::ptrdiff_t>(fixed_from));
  if (type != spec.type.type || !dims_fit || extent < 1 ||
      extent > batch_max_) {
    return BadTensor(
        "input", spec.name,
        "got " + FoundType(type, found) + ", want " + WantedType(spec.type));
  }
  const std::size_t wanted_bytes = InputBytes(i, extent);
  if (input.bytes.size() != wanted_bytes) {
    return BadTensor("input", spec.name,
                     "got " + std::to_string(input.bytes.size()) +
                         " bytes, want " + std::to_string(wanted_bytes) +
                         " for " + WantedType(spec.type));
  }
  if (wanted_bytes > 0 && input.bytes.data() == nullptr) {
    return BadTensor("input", spec.name, "its bytes are null");
  }
  return extent;
}

// As the dims say, or, without them, the number of bytes.
Result<std::int64_t> RequestContract::InputExtent(
    std::size_t i, const InputTensor& input) const {
  if (!batching_) return 1;
  if (input.dims.has_value()) {
    return input.dims->empty() ? 0 : input.dims->front();
  }
  const std::size_t row = InputBytes(i, 1);
  if (row == 0) return batch_max_;
  const std::size_t rows = input.bytes.size() / row;
  const auto rows_max = static_cast<std::size_t>(batch_max_);
  if (rows < 1 || rows > rows_max || rows * row != input.bytes.size()) {
    const TensorSpec& spec = manifest_.inputs[i];
    return BadTensor("input", spec.name,
                     "got " + std::to_string(input.bytes.size()) +
                         " bytes, want 1 to " + std::to_string(rows_max) +
                         " times " + std::to_string(row) + " for " +
                         WantedType(spec.type));
  }
  return static_cast<std::int64_t>(rows);
}

Result<void> RequestContract::CheckWishes(const std::vector<OutputWish>& wishes,
                                          std::int64_t extent) const {
  if (wishes.size() > manifest_.outputs.size()) {
    return InvalidArgument("got " + std::to_string(wishes.size()) +
                           " outputs to give, the model has " +
                           std::to_string(manifest_.outputs.size()) + ": " +
                           Names(manifest_.outputs));
  }
  for (std::size_t w = 0; w < wishes.size(); ++w) {
    const OutputWish& wish = wishes[w];
    const auto found = output_index_.find(wish.name);
    if (found == output_index_.end()) {
      return BadTensor(
          "output", wish.name,
          "the model has no such output; it has " + Names(manifest_.outputs));
    }
    for (std::size_t before = 0; before < w; ++before) {
      if (wishes[before].name == wish.name) {
        return BadTensor("output", wish.name, "it is asked for twice");
      }
    }
    const std::size_t byte_count = OutputBytes(found->second, extent);
    if (!wish.destination.empty() && wish.destination.size() < byte_count) {
      return BadTensor("output", wish.name,
                       "its destination has " +
                           std::to_string(wish.destination.size()) +
                           " bytes, want " + std::to_string(byte_count));
    }
  }
  return {};
}

std::string RequestContract::WantedType(const TensorType& type) const {
  if (!batching_) return type.ToString();
  std::string text(DataTypeName(type.type));
  text += "[1 to " + std::to_string(type.shape[0]);
  for (int axis = 1; axis < type.shape.rank(); ++axis) {
    text += ", " + std::to_string(type.shape[axis]);
  }
  return text + ']';
}

TensorType RequestContract::OutputType(std::size_t i,
                                       std::int64_t extent) const {
  const TensorType& type = manifest_.outputs[i].type;
  if (!batching_) return type;
  std::vector<std::int64_t> dims = type.shape.dims();
  dims[0] = extent;
  return {type.type, Shape(std::move(dims))};
}

std::size_t RequestContract::Bytes(const TensorType& type,
                                   std::int64_t extent) const {
  const std::int64_t all = type.byte_count();
  return static_cast<std::size_t>(batching_ ? all / batch_max_ * extent : all);
}

std::size_t RequestContract::InputBytes(std::size_t i,
                                        std::int64_t extent) const {
  return Bytes(manifest_.inputs[i].type, extent);
}

std::size_t RequestContract::OutputBytes(std::size_t i,
                                         std::int64_t extent) const {
  return Bytes(manifest_.outputs[i].type, extent);
}

}  // namespace skerry::agent
