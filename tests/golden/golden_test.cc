// Runs the passes that the files in passes/ name on the graphs in them.
//
// A file is a comment that says what it shows, a line "# pass: fold-scales",
// a graph, a line "# becomes" and the graph that is expected. Each is checked
// twice: the text must match, and with random constants and inputs both graphs
// must give the same results. `golden_test --update` writes what is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "skerry/compiler/ir/compare.h"
#include "skerry/compiler/ir/parse.h"
#include "skerry/compiler/ir/print.h"
#include "skerry/compiler/layout/layout.h"
#include "skerry/compiler/ops/op.h"
#include "skerry/compiler/passes/passes.h"
#include "skerry/compiler/passes/rewrites.h"
#include "skerry/compiler/reference/evaluate.h"

namespace skerry::compiler {
namespace {

constexpr std::string_view kPassLine = "# pass: ";
constexpr std::string_view kBecomesLine = "\n# becomes\n";

bool update = false;

using RunPass = std::function<Result<bool>(Graph&)>;

Result<bool> RunAll(Graph& graph) {
  SKERRY_RETURN_IF_ERROR(RunPasses(graph));
  return true;
}

RunPass FindPass(std::string_view name) {
  if (name == "all") return RunAll;
  if (name == "fold-constants") return FoldConstants;
  if (name == "merge-common") return MergeCommon;
  if (name == "remove-identities") return RemoveIdentities;
  if (name == "simplify-reshapes") return SimplifyReshapes;
  if (name == "simplify-transposes") return SimplifyTransposes;
  for (const Pass& pass : Passes()) {
    if (pass.name == name) return pass.run;
  }
  return nullptr;
}

/// One file, in parts.
struct Case {
  std::string head;  ///< comments, with the line of the pass
  std::string pass;
  std::string before;
  std::string after;
};

Case ReadCase(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::stringstream content;
  content << stream.rdbuf();
  const std::string text = content.str();
  Case parts;
  const std::size_t graph = text.find("graph ");
  const std::size_t becomes = std::min(text.find(kBecomesLine), text.size());
  parts.head = text.substr(0, graph);
  parts.before = text.substr(graph, becomes - graph);
  if (becomes < text.size()) {
    parts.after = text.substr(becomes + kBecomesLine.size());
  }
  const std::size_t pass = parts.head.find(kPassLine) + kPassLine.size();
  parts.pass = parts.head.substr(pass, parts.head.find('\n', pass) - pass);
  return parts;
}

/// Every constant of several floats gets other ones, from 0.1 to 1: some are
/// variances. The scales of a Resize stay, as they decide shapes.
void Randomise(Graph& graph, std::mt19937& random) {
  std::uniform_real_distribution<float> draw(0.1F, 1.F);
  std::set<const Tensor*> scales;
  for (const Node& node : graph.nodes) {
    if (node.op != "Resize") continue;
    for (const ValueId id : node.inputs) scales.insert(graph.constant(id));
  }
  for (Value& value : graph.values) {
    if (value.constant == nullptr || scales.contains(value.constant.get()) ||
        value.constant->data_type() != DataType::kFloat32 ||
        value.constant->shape().element_count() <= 1) {
      continue;
    }
    Tensor tensor = *value.constant;
    for (float& element : tensor.data<float>()) element = draw(random);
    value.constant = std::make_shared<const Tensor>(std::move(tensor));
  }
}

std::vector<Tensor> RandomInputs(const Graph& graph, std::mt19937& random) {
  std::normal_distribution<float> draw(0, 2);
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs) {
    Tensor tensor(graph.type(id));
    if (tensor.data_type() == DataType::kFloat32) {
      for (float& element : tensor.data<float>()) element = draw(random);
    } else {
      for (std::byte& byte : tensor.bytes()) byte = std::byte(random() % 2);
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

void ExpectClose(const Tensor& found, const Tensor& wanted) {
  ASSERT_EQ(found.type().ToString(), wanted.type().ToString());
  if (wanted.data_type() != DataType::kFloat32) {
    EXPECT_EQ(found, wanted);
    return;
  }
  float largest = 0;
  float error = 0;
  for (std::size_t i = 0; i < wanted.data<float>().size(); ++i) {
    const float w = wanted.data<float>()[i];
    const float f = found.data<float>()[i];
    ASSERT_TRUE(std::isfinite(w) && std::isfinite(f)) << "element " << i;
    largest = std::max(largest, std::abs(w));
    error = std::max(error, std::abs(w - f));
  }
  EXPECT_LE(error, 1e-5F * largest);
}

void ExpectTyped(const Graph& graph) {
  const auto valid = graph.Verify();
  ASSERT_TRUE(valid.has_value()) << valid.error().message();
  for (const Node& node : graph.nodes) {
    const auto types = InferTypes(graph, node);
    ASSERT_TRUE(types.has_value()) << types.error().message();
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      EXPECT_EQ(graph.type(node.outputs[i]), (*types)[i]) << Describe(node);
    }
  }
}

class GoldenTest : public testing::Test {
 public:
  explicit GoldenTest(std::filesystem::path path) : path_(std::move(path)) {}

  void TestBody() override {
    const Case parts = ReadCase(path_);
    const RunPass pass = FindPass(parts.pass);
    ASSERT_TRUE(pass) << "no pass '" << parts.pass << "'";
    const auto before = ParseGraph(parts.before);
    ASSERT_TRUE(before.has_value()) << before.error().message();
    ExpectTyped(*before);
    Graph after = *before;

    const auto changed = pass(after);

    ASSERT_TRUE(changed.has_value()) << changed.error().message();
    ExpectTyped(after);
    CompareText(parts, *before, after, *changed);
    CompareResults(*before, pass);
  }

 private:
  void CompareText(const Case& parts, const Graph& before, const Graph& after,
                   bool changed) const {
    const std::string found = PrintGraph(after);
    if (update) {
      std::ofstream(path_) << parts.head << parts.before << kBecomesLine
                           << found;
    } else {
      EXPECT_EQ(found, parts.after);
    }
    if (parts.pass != "all") EXPECT_EQ(changed, found != PrintGraph(before));
  }

  static void CompareResults(const Graph& source, const RunPass& pass) {
    std::mt19937 random(5);
    Graph before = source;
    Randomise(before, random);
    Graph after = before;
    ASSERT_TRUE(pass(after).has_value());
    const std::vector<Tensor> inputs = RandomInputs(before, random);
    const auto wanted = Evaluate(before, inputs);
    const auto found = Evaluate(after, inputs);
    ASSERT_TRUE(wanted.has_value()) << wanted.error().message();
    ASSERT_TRUE(found.has_value()) << found.error().message();
    ASSERT_EQ(found->size(), wanted->size());
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      ExpectClose((*found)[i], (*wanted)[i]);
    }
  }

  std::filesystem::path path_;
};

void RegisterCases() {
  const std::filesystem::path folder =
      std::filesystem::path(SKERRY_SOURCE_DIR) / "tests/golden/passes";
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".ir") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const std::filesystem::path& path : paths) {
    testing::RegisterTest(
        "GoldenTest", path.stem().c_str(), nullptr, nullptr, path.c_str(), 1,
        [path]() -> testing::Test* { return new GoldenTest(path); });
  }
}

}  // namespace
}  // namespace skerry::compiler

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  skerry::compiler::update =
      argc > 1 && std::string_view(argv[1]) == "--update";
  skerry::compiler::RegisterCases();
  return RUN_ALL_TESTS();
}
