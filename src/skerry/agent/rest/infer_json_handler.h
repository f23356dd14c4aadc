#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/rest/element_buffer.h"
#include "skerry/agent/rest/infer_json.h"

namespace skerry::agent {

/// What nlohmann's parser calls as it reads an inference request.
///
/// Thread safety: thread-compatible.
class InferJsonHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  using Types = std::vector<std::optional<DataType>>;
  struct Scan {};
  static constexpr Scan kScan = {};

  /// `types` are those of the inputs if they are known before.
  InferJsonHandler(std::size_t json_bytes, Types types)
      : json_bytes_(json_bytes), types_(std::move(types)) {}
  /// Passes over the elements and only notes the types.
  InferJsonHandler(std::size_t json_bytes, Scan)
      : json_bytes_(json_bytes), scan_(true) {}

  /// Whether it ended because data came before its datatype.
  bool wants_types() const { return wants_types_; }
  const Types& types() const { return types_; }
  Error error() const;
  RestInferRequest Take() { return std::move(request_); }

  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(std::int64_t value) override;
  bool number_unsigned(std::uint64_t value) override;
  bool number_float(double value, const std::string& text) override;
  bool string(std::string& value) override;
  bool binary(nlohmann::json::binary_t& value) override;
  bool start_object(std::size_t size) override;
  bool end_object() override;
  bool start_array(std::size_t size) override;
  bool end_array() override;
  bool key(std::string& value) override;
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& exception) override;

 private:
  enum class Place : std::uint8_t {
    kRoot,
    kParameters,
    kInputs,
    kInput,
    kInputParameters,
    kShape,
    kData,
    kOutputs,
    kOutput,
    kOutputParameters,
    kIgnored,
  };
  struct Scalar {
    std::optional<bool> truth;
    std::optional<std::uint64_t> count;
    std::optional<std::string_view> text;
  };

  bool Fail(const std::string& message);
  bool Check(const Result<void>& result);
  bool Enter(std::optional<Place> place, bool is_object);
  std::optional<Place> ObjectHere();
  std::optional<Place> ArrayHere();
  bool BeginInput();
  bool BeginData();
  bool EndInput();
  bool EndTensorParameters();
  bool At(Place place) const {
    return !places_.empty() && places_.back() == place;
  }
  bool Take(const Scalar& scalar);
  bool TakeRootParameter(const Scalar& scalar);
  bool TakeInput(const Scalar& scalar);
  bool TakeTensorParameter(const Scalar& scalar);
  std::string Where() const;

  std::size_t json_bytes_;
  Types types_;
  bool scan_ = false;
  bool wants_types_ = false;
  std::optional<Error> error_;
  RestInferRequest request_;
  std::vector<Place> places_;
  std::string key_;

  // Of the input or output at hand.
  bool has_type_ = false;
  bool has_shape_ = false;
  std::optional<ElementBuffer> elements_;
  RegionPart part_;
  bool has_region_ = false;
  bool has_region_size_ = false;
};

}  // namespace skerry::agent
