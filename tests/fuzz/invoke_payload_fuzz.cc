// Payloads of InvokeEndpoint in each format; the first byte says which.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/sagemaker/npy_array.h"
#include "skerry/cloud/sagemaker/payload_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace cloud = skerry::cloud;
  static const cloud::Json kMetadata = {
      {"inputs", {{{"name", "x"}, {"datatype", "FP32"}, {"shape", {1, 2}}}}}};
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const std::string_view type =
      data[0] % 2 == 0 ? "application/json" : "application/x-npy";
  const auto format = cloud::PayloadFormatOf(type, body);
  if (format) {
    (void)cloud::MakeInferRequest(body, *format,
                                  cloud::PayloadFormat::kInstances, kMetadata);
  }
  if (const auto array = cloud::ReadNpyArray(body)) {
    const auto written = cloud::WriteNpyArray(*array);
    SKERRY_CHECK(written);
    const auto again = cloud::ReadNpyArray(*written);
    SKERRY_CHECK(again && again->shape == array->shape &&
                 again->bytes == array->bytes);
  }
  return 0;
}
