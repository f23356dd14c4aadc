// Requests of SageMaker's API, read and checked against their shapes: the first
// byte says which operation's, the rest is the body.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "skerry/base/check.h"
#include "skerry/cloud/sagemaker/shapes/request_check.h"
#include "skerry/cloud/sagemaker/shapes/shape_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  namespace cloud = skerry::cloud;
  if (size == 0) return 0;
  const auto operations = cloud::ShapedOperations();
  const cloud::OperationRow& operation =
      operations[data[0] % operations.size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const cloud::ApiResult<cloud::Json> input = cloud::ParseRequest(body);
  if (!input) return 0;
  const cloud::ApiResult<void> checked =
      cloud::CheckRequest(*input, operation.shape);
  if (checked) {
    // What passed passes again when it was printed.
    const cloud::ApiResult<cloud::Json> again =
        cloud::ParseRequest(input->dump());
    SKERRY_CHECK(again && cloud::CheckRequest(*again, operation.shape));
  } else {
    SKERRY_CHECK(!checked.error().message.empty());
  }
  return 0;
}
