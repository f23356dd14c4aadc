#include "inputs.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "command.h"
#include "skerry/media/image.h"
#include "skerry/media/npy.h"
#include "skerry/media/npz.h"
#include "skerry/platform/file.h"

namespace skerry::cli {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kInputBytesMax = std::size_t{4} << 30;
constexpr std::size_t kNamesShownMax = 8;

std::string Quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

template <class Names>
std::string ListNames(const Names& items, auto name_of) {
  std::string text;
  std::size_t count = 0;
  for (const auto& item : items) {
    if (++count > kNamesShownMax) return text + ", ...";
    text += (text.empty() ? "" : ", ") + Quoted(name_of(item));
  }
  return text.empty() ? "none" : text;
}

std::string InputNames(std::span<const TensorSpec> specs) {
  return ListNames(specs, [](const TensorSpec& spec) { return spec.name; });
}

std::string ArrayNames(const media::NamedTensors& arrays) {
  return ListNames(arrays, [](const auto& entry) { return entry.first; });
}

/// Gathers tensors by input; an input is given once.
class Binder {
 public:
  Binder(std::span<const TensorSpec> specs, const media::Preprocess& steps)
      : specs_(specs), steps_(steps), tensors_(specs.size()) {}

  Result<void> Add(const std::string& text) {
    SKERRY_ASSIGN_OR_RETURN(InputArgument argument,
                            ParseInputArgument(text, specs_));
    Result<Bytes> file = platform::ReadFile(argument.path, kInputBytesMax);
    if (!file) return BlameFile(file.error(), argument.path);
    const Result<void> added = AddFile(argument, *file);
    if (!added) return BlameFile(added.error(), argument.path);
    return {};
  }

  Result<std::vector<Tensor>> Finish() && {
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (!tensors_[i]) {
        return InvalidArgument("input " + Quoted(specs_[i].name) + " (" +
                               specs_[i].type.ToString() +
                               ") is not given; say --input " + specs_[i].name +
                               "=FILE");
      }
      result.push_back(*std::move(tensors_[i]));
    }
    return result;
  }

 private:
  Result<void> AddFile(const InputArgument& argument, const Bytes& file) {
    if (argument.path.ends_with(".npz")) {
      Result<media::NamedTensors> arrays = media::ReadNpz(file);
      if (!arrays) return arrays.error();
      return AddArrays(argument.name, *std::move(arrays));
    }
    SKERRY_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(argument.name));
    const TensorSpec& spec = specs_[index];
    Result<Tensor> tensor = ReadTensor(argument.path, file, spec.type);
    if (!tensor) {
      return tensor.error().WithContext("input " + Quoted(spec.name));
    }
    return Bind(index, *std::move(tensor));
  }

  Result<Tensor> ReadTensor(std::string_view path, const Bytes& file,
                            const TensorType& type) const {
    if (path.ends_with(".npy")) return media::ReadNpy(file);
    SKERRY_ASSIGN_OR_RETURN(
        const media::Image image,
        media::DecodeImage(file, {.orientation = steps_.orientation}));
    return media::PrepareImage(image, type, steps_);
  }

  Result<void> AddArrays(const std::string& name, media::NamedTensors arrays) {
    if (!name.empty() || (specs_.size() == 1 && arrays.size() == 1)) {
      SKERRY_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(name));
      auto array = arrays.find(specs_[index].name);
      if (array == arrays.end() && arrays.size() == 1) array = arrays.begin();
      if (array == arrays.end()) {
        return InvalidArgument("has no array " + Quoted(specs_[index].name) +
                               "; its arrays: " + ArrayNames(arrays));
      }
      return Bind(index, std::move(array->second));
    }
    for (auto& [array_name, tensor] : arrays) {
      SKERRY_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(array_name));
      SKERRY_RETURN_IF_ERROR(Bind(index, std::move(tensor)));
    }
    return {};
  }

  /// The input called `name`; with no name, the only one.
  Result<std::size_t> IndexOf(std::string_view name) const {
    if (name.empty()) {
      if (specs_.size() == 1) return std::size_t{0};
      return InvalidArgument("which input is it for? say NAME=FILE; inputs: " +
                             InputNames(specs_));
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].name == name) return i;
    }
    return InvalidArgument("the model has no input " + Quoted(name) +
                           "; inputs: " + InputNames(specs_));
  }

  Result<void> Bind(std::size_t index, Tensor tensor) {
    const TensorSpec& spec = specs_[index];
    if (tensor.type() != spec.type) {
      return InvalidArgument("input " + Quoted(spec.name) + ": got " +
                             tensor.type().ToString() + ", want " +
                             spec.type.ToString());
    }
    if (tensors_[index]) {
      return InvalidArgument("input " + Quoted(spec.name) + " is given twice");
    }
    tensors_[index] = std::move(tensor);
    return {};
  }

  std::span<const TensorSpec> specs_;
  const media::Preprocess& steps_;
  std::vector<std::optional<Tensor>> tensors_;
};

}  // namespace

Result<InputArgument> ParseInputArgument(const std::string& text,
                                         std::span<const TensorSpec> specs) {
  const TensorSpec* longest = nullptr;
  for (const TensorSpec& spec : specs) {
    if (text.starts_with(spec.name + "=") &&
        (longest == nullptr || spec.name.size() > longest->name.size())) {
      longest = &spec;
    }
  }
  if (longest != nullptr) {
    return InputArgument{longest->name, text.substr(longest->name.size() + 1)};
  }
  const std::size_t equals = text.find('=');
  std::error_code ignored;
  if (equals != std::string::npos && !std::filesystem::exists(text, ignored)) {
    return InvalidArgument("--input " + text + ": the model has no input " +
                           Quoted(text.substr(0, equals)) +
                           "; inputs: " + InputNames(specs));
  }
  return InputArgument{"", text};
}

Result<std::vector<Tensor>> LoadInputs(
    std::span<const TensorSpec> specs,
    const std::vector<std::string>& arguments, const media::Preprocess& steps) {
  Binder binder(specs, steps);
  for (const std::string& argument : arguments) {
    SKERRY_RETURN_IF_ERROR(binder.Add(argument));
  }
  return std::move(binder).Finish();
}

}  // namespace skerry::cli
