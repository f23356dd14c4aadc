// Runs the test vectors that come with ONNX, small models for each use of each
// operator, through the importer and the reference kernels, and once more
// after the compiler's passes. Each of them passes, or is in
// onnx_node_exceptions.txt under the reason why it cannot.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/import/onnx_proto.h"
#include "skerry/compiler/import/tensor_reader.h"
#include "skerry/compiler/passes/passes.h"
#include "skerry/compiler/reference/evaluate.h"
#include "skerry/kernels/reference/element.h"
#include "skerry/platform/file.h"

namespace skerry::compiler {
namespace {

namespace fs = std::filesystem;

// Of Debian's libonnx-testdata.
constexpr const char* kVectors = "/usr/share/libonnx-testdata/data";
constexpr std::size_t kFileBytesMax = 64 << 20;
constexpr const char* kExceptionsFile =
    SKERRY_SOURCE_DIR "/tests/conformance/onnx_node_exceptions.txt";

/// Element `i` as a double, whatever its type.
double Element(const Tensor& tensor, std::int64_t i) {
  kernels::View view;
  view.type = static_cast<kernels::Type>(tensor.data_type());
  view.data = const_cast<std::byte*>(tensor.bytes().data());
  return kernels::reference::Get<double>(view, i);
}

/// Empty if the tensors are equal but for rounding.
std::string Difference(const Tensor& got, const Tensor& want) {
  if (got.type() != want.type()) {
    return "got " + got.type().ToString() + ", want " + want.type().ToString();
  }
  const bool half = want.data_type() == DataType::kFloat16 ||
                    want.data_type() == DataType::kBfloat16;
  const double tolerance = half ? 2e-3 : 1e-4;
  double largest = 0;
  const std::int64_t count = want.shape().element_count();
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = std::abs(Element(want, i));
    if (std::isfinite(value)) largest = std::max(largest, value);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const double a = Element(got, i);
    const double b = Element(want, i);
    const double bound = tolerance * std::max(largest, 1e-3);
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (!same && !(std::abs(a - b) <= bound)) {
      return "element " + std::to_string(i) + " is " + std::to_string(a) +
             ", want " + std::to_string(b);
    }
  }
  return {};
}

template <class Proto>
Result<Proto> ReadProto(const fs::path& path) {
  SKERRY_ASSIGN_OR_RETURN(const auto bytes,
                          platform::ReadFile(path.string(), kFileBytesMax));
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLoss(path.string() + " cannot be parsed");
  }
  return proto;
}

/// The tensors `kind`_0.pb, `kind`_1.pb, ... of `folder`.
Result<std::vector<onnx::TensorProto>> ReadProtos(const fs::path& folder,
                                                  const std::string& kind) {
  std::vector<onnx::TensorProto> protos;
  for (int i = 0;; ++i) {
    const fs::path path = folder / (kind + "_" + std::to_string(i) + ".pb");
    if (!fs::exists(path)) return protos;
    SKERRY_ASSIGN_OR_RETURN(protos.emplace_back(),
                            ReadProto<onnx::TensorProto>(path));
  }
}

Result<std::vector<Tensor>> ReadAll(std::span<const onnx::TensorProto> protos) {
  std::vector<Tensor> tensors;
  for (const onnx::TensorProto& proto : protos) {
    SKERRY_ASSIGN_OR_RETURN(tensors.emplace_back(), ReadTensor(proto, ""));
  }
  return tensors;
}

/// The model with its inputs from `first` on made constants of `values`, and
/// the shapes of the others those of `values`.
Result<Graph> ImportWithConstants(onnx::ModelProto model,
                                  std::span<const onnx::TensorProto> values,
                                  int first) {
  onnx::GraphProto& graph = *model.mutable_graph();
  ImportOptions options;
  for (int i = 0; i < graph.input_size(); ++i) {
    const onnx::TensorProto& value = values[static_cast<std::size_t>(i)];
    if (i < first) {
      options.input_shapes[graph.input(i).name()] = {value.dims().begin(),
                                                     value.dims().end()};
    } else {
      onnx::TensorProto& constant = *graph.add_initializer();
      constant = value;
      constant.set_name(graph.input(i).name());
    }
  }
  while (graph.input_size() > first) graph.mutable_input()->RemoveLast();
  // The operators of these are the same in the first opset that we read.
  for (onnx::OperatorSetIdProto& opset : *model.mutable_opset_import()) {
    if (opset.domain().empty() && opset.version() < 7) opset.set_version(7);
  }
  const std::string bytes = model.SerializeAsString();
  return ImportOnnx(std::as_bytes(std::span(bytes)), options);
}

/// Takes out the inputs that have an initialiser, as old models list them.
void RemoveInitialized(onnx::GraphProto& graph) {
  std::set<std::string> initialized;
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    initialized.insert(tensor.name());
  }
  auto& inputs = *graph.mutable_input();
  inputs.erase(std::remove_if(inputs.begin(), inputs.end(),
                              [&](const onnx::ValueInfoProto& input) {
                                return initialized.contains(input.name());
                              }),
               inputs.end());
}

/// Many of these models take as inputs what real models have as constants,
/// such as the shape of Reshape. So where a model cannot be imported as it
/// is, its inputs but the first, or all, become constants.
Result<Graph> Import(onnx::ModelProto model,
                     std::span<const onnx::TensorProto> inputs) {
  RemoveInitialized(*model.mutable_graph());
  const int count = model.graph().input_size();
  if (count != static_cast<int>(inputs.size())) {
    return Unimplemented("inputs that are no tensors");
  }
  auto graph = ImportWithConstants(model, inputs, count);
  for (const int first : {1, 0}) {
    if (graph || count <= first) continue;
    auto retried = ImportWithConstants(model, inputs, first);
    if (retried) graph = std::move(retried);
  }
  return graph;
}

Result<void> CheckResults(const Graph& graph, std::span<const Tensor> inputs,
                          const std::vector<Tensor>& want) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Tensor> got,
                          Evaluate(graph, inputs));
  if (got.size() != want.size()) {
    return Internal("got " + std::to_string(got.size()) + " outputs, want " +
                    std::to_string(want.size()));
  }
  for (std::size_t i = 0; i < want.size(); ++i) {
    const std::string difference = Difference(got[i], want[i]);
    if (!difference.empty()) {
      return Internal("output " + std::to_string(i) + ": " + difference);
    }
  }
  return {};
}

/// As imported, and as the passes leave it.
Result<void> RunVectors(const onnx::ModelProto& model, const fs::path& folder) {
  SKERRY_ASSIGN_OR_RETURN(const auto protos, ReadProtos(folder, "input"));
  SKERRY_ASSIGN_OR_RETURN(const Graph graph, Import(model, protos));
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<Tensor> inputs,
      ReadAll(std::span(protos).first(graph.inputs.size())));
  SKERRY_ASSIGN_OR_RETURN(const auto outputs, ReadProtos(folder, "output"));
  SKERRY_ASSIGN_OR_RETURN(const std::vector<Tensor> want, ReadAll(outputs));
  SKERRY_RETURN_IF_ERROR(CheckResults(graph, inputs, want));
  Graph optimised = graph;
  SKERRY_RETURN_IF_ERROR(RunPasses(optimised));
  if (auto same = CheckResults(optimised, inputs, want); !same) {
    return same.error().WithContext("after the passes");
  }
  return {};
}

/// Runs the model in `folder` on each of its sets of data.
Result<void> RunTest(const fs::path& folder) {
  SKERRY_ASSIGN_OR_RETURN(const auto model,
                          ReadProto<onnx::ModelProto>(folder / "model.onnx"));
  int sets = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    SKERRY_RETURN_IF_ERROR(RunVectors(model, entry.path()));
    ++sets;
  }
  if (sets == 0) return NotFound(folder.string() + " has no data");
  return {};
}

/// The tests that come with ONNX, as "node/test_abs". Those called "real" have
/// to be downloaded, and are left out.
std::vector<std::string> Tests() {
  std::vector<std::string> tests;
  for (const fs::directory_entry& kind : fs::directory_iterator(kVectors)) {
    if (kind.path().filename() == "real") continue;
    for (const fs::directory_entry& test : fs::directory_iterator(kind)) {
      tests.push_back(kind.path().filename() / test.path().filename());
    }
  }
  std::ranges::sort(tests);
  return tests;
}

/// The tests of the list. A line is empty, a test, or a reason after '#'.
const std::set<std::string>& Exceptions() {
  static const std::set<std::string> kExceptions = [] {
    std::set<std::string> names;
    std::ifstream file(kExceptionsFile);
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.front() != '#') names.insert(line);
    }
    return names;
  }();
  return kExceptions;
}

class OnnxNodeTest : public testing::TestWithParam<std::string> {};

TEST_P(OnnxNodeTest, PassesUnlessItIsListed) {
  const bool listed = Exceptions().contains(GetParam());

  const Result<void> result = RunTest(fs::path(kVectors) / GetParam());

  EXPECT_EQ(result.has_value(), !listed)
      << (result ? "passes: take it off the list" : result.error().message());
}

INSTANTIATE_TEST_SUITE_P(All, OnnxNodeTest, testing::ValuesIn(Tests()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace_if(
                               name,
                               [](char c) { return std::isalnum(c) == 0; },
                               '_');
                           return name;
                         });

TEST(OnnxNodeExceptionsTest, OnlyNamesTestsThatThereAre) {
  const std::vector<std::string> tests = Tests();
  for (const std::string& name : Exceptions()) {
    EXPECT_TRUE(std::ranges::binary_search(tests, name)) << name;
  }
}

}  // namespace
}  // namespace skerry::compiler
