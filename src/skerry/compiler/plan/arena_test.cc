#include "skerry/compiler/plan/arena.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "skerry/compiler/ir/parse.h"

namespace skerry::compiler {
namespace {

Graph Parse(const std::string& lines) {
  auto graph = ParseGraph("graph \"g\" {\n" + lines + "\n}");
  EXPECT_TRUE(graph.has_value()) << graph.error().message();
  return *std::move(graph);
}

const Place& PlaceOf(const Graph& graph, const ArenaPlan& plan,
                     std::string_view name) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].name == name) return plan.places[i];
  }
  ADD_FAILURE() << "no value " << name;
  return plan.places[0];
}

ArenaPlan Plan(const Graph& graph, const std::vector<int>& in_place) {
  auto plan = PlanArena(graph, in_place);
  EXPECT_TRUE(plan.has_value()) << plan.error().message();
  return *std::move(plan);
}

/// Plays the plan: fills the words of each value with numbers of its own when
/// it is made, and expects to find them whenever it is read. Aliases hand on
/// what they hold; a node that works in place reads before it writes.
class Player {
 public:
  Player(const Graph& graph, const ArenaPlan& plan)
      : graph_(graph), plan_(plan) {}

  void Run() {
    for (const ValueId id : graph_.inputs) Write(id);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      for (const ValueId id : node.inputs) {
        if (id != kNoValue && graph_.constant(id) == nullptr) ExpectHeld(id);
      }
      for (const ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        if (plan_.aliases[i]) {
          HandOn(node);
        } else {
          Write(id);
        }
      }
      // The outputs of a node must not overlap each other.
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) ExpectHeld(id);
      }
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const Place& place =
          plan_.places[static_cast<std::size_t>(graph_.outputs[i])];
      EXPECT_EQ(place.kind, Place::Kind::kOutput);
      EXPECT_EQ(place.index, static_cast<int>(i));
      EXPECT_EQ(place.offset, 0);
      ExpectHeld(graph_.outputs[i]);
    }
  }

 private:
  using Address = std::tuple<Place::Kind, int, std::int64_t>;

  Address AddressOf(ValueId id, std::size_t word) const {
    const Place& place = plan_.places[static_cast<std::size_t>(id)];
    return {place.kind, place.index,
            place.offset + 4 * static_cast<std::int64_t>(word)};
  }

  void Write(ValueId id) {
    const Place& place = plan_.places[static_cast<std::size_t>(id)];
    EXPECT_NE(place.kind, Place::Kind::kNone);
    EXPECT_GE(place.offset, 0);
    if (place.kind == Place::Kind::kArena) {
      EXPECT_LE(place.offset + graph_.type(id).byte_count(), plan_.arena_bytes);
    }
    std::vector<int>& words = content_[id];
    words.resize(static_cast<std::size_t>(graph_.shape(id).element_count()));
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = ++written_;
      memory_[AddressOf(id, i)] = words[i];
    }
  }

  /// The output of an alias holds what its inputs hold, one after another.
  void HandOn(const Node& node) {
    std::vector<int> words;
    const std::size_t count = node.op == "Concat" ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<int>& part = content_[node.inputs[i]];
      words.insert(words.end(), part.begin(), part.end());
    }
    content_[node.outputs[0]] = words;
  }

  void ExpectHeld(ValueId id) {
    const std::vector<int>& words = content_[id];
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (memory_[AddressOf(id, i)] == words[i]) continue;
      FAIL() << graph_.value(id).name << " was overwritten at word " << i;
    }
  }

  const Graph& graph_;
  const ArenaPlan& plan_;
  std::map<Address, int> memory_;
  std::map<ValueId, std::vector<int>> content_;
  int written_ = 0;
};

TEST(PlanArenaTest, InputsAndOutputsStayInTheCallersMemory) {
  const Graph graph = Parse(R"(
    input %x: float32[100]
    %a: float32[100] = Relu(%x)
    %y: float32[100] = Relu(%a)
    output %y)");

  const ArenaPlan plan = Plan(graph, {-1, -1});

  EXPECT_EQ(PlaceOf(graph, plan, "x").kind, Place::Kind::kInput);
  EXPECT_EQ(PlaceOf(graph, plan, "a").offset, 0);
  EXPECT_EQ(PlaceOf(graph, plan, "y").kind, Place::Kind::kOutput);
  EXPECT_EQ(plan.arena_bytes, 448);
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, ReshapesTakeNoMemoryAndNoCode) {
  const Graph graph = Parse(R"(
    %shape: int64[1] = const [100]
    input %x: float32[10, 10]
    %a: float32[10, 10] = Relu(%x)
    %b: float32[100] = Reshape(%a, %shape)
    %y: float32[100] = Relu(%b)
    output %y)");

  const ArenaPlan plan = Plan(graph, {-1, -1, -1});

  EXPECT_EQ(plan.aliases, (std::vector<bool>{false, true, false}));
  EXPECT_EQ(PlaceOf(graph, plan, "a").offset, PlaceOf(graph, plan, "b").offset);
  EXPECT_EQ(plan.arena_bytes, 448);
}

TEST(PlanArenaTest, AnOutputThatIsAReshapedValueIsMadeInTheCallersMemory) {
  const Graph graph = Parse(R"(
    %shape: int64[1] = const [100]
    input %x: float32[10, 10]
    %a: float32[10, 10] = Relu(%x)
    %y: float32[100] = Reshape(%a, %shape)
    %z: float32[10, 10] = Neg(%a)
    output %y
    output %z)");

  const ArenaPlan plan = Plan(graph, {-1, -1, 0});

  EXPECT_EQ(PlaceOf(graph, plan, "a").kind, Place::Kind::kOutput);
  EXPECT_EQ(PlaceOf(graph, plan, "a").index, 0);
  EXPECT_EQ(PlaceOf(graph, plan, "z").index, 1);
  EXPECT_EQ(plan.arena_bytes, 0);
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, AReshapeFromInputToOutputMustCopy) {
  const Graph graph = Parse(R"(
    %shape: int64[1] = const [100]
    input %x: float32[10, 10]
    %y: float32[100] = Reshape(%x, %shape)
    output %y)");

  const ArenaPlan plan = Plan(graph, {-1});

  EXPECT_EQ(plan.aliases, std::vector<bool>{false});
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, ReshapesOfOneValueToTwoOutputsCopyOnce) {
  const Graph graph = Parse(R"(
    %shape: int64[1] = const [100]
    input %x: float32[10, 10]
    %a: float32[10, 10] = Relu(%x)
    %y: float32[100] = Reshape(%a, %shape)
    %z: float32[100] = Reshape(%a, %shape)
    output %y
    output %z)");

  const ArenaPlan plan = Plan(graph, {-1, -1, -1});

  EXPECT_EQ(plan.aliases, (std::vector<bool>{false, true, false}));
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, WorksInPlaceWhenTheInputIsNotNeededLater) {
  const Graph graph = Parse(R"(
    input %x: float32[100]
    %a: float32[100] = Neg(%x)
    %b: float32[100] = Relu(%a)
    %c: float32[100] = Neg(%b)
    %y: float32[100] = Add(%b, %c)
    output %y)");

  const ArenaPlan plan = Plan(graph, {0, 0, 0, 0});

  // x is the caller's; c must not take over b, which Add reads; y takes b.
  EXPECT_EQ(PlaceOf(graph, plan, "a").kind, Place::Kind::kOutput);
  EXPECT_EQ(PlaceOf(graph, plan, "b").kind, Place::Kind::kOutput);
  EXPECT_EQ(PlaceOf(graph, plan, "c").kind, Place::Kind::kArena);
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, DoesNotTakeOverAnInputThatIsReadTwice) {
  const Graph graph = Parse(R"(
    %shape: int64[1] = const [100]
    input %x: float32[10, 10]
    %a: float32[10, 10] = Relu(%x)
    %flat: float32[100] = Reshape(%a, %shape)
    %y: float32[100] = MatMul(%flat, %flat)
    %z: float32[100] = Relu(%y)
    output %z)");

  const ArenaPlan plan = Plan(graph, {-1, -1, 0, -1});

  EXPECT_NE(PlaceOf(graph, plan, "y").offset,
            PlaceOf(graph, plan, "flat").offset);
}

TEST(PlanArenaTest, PartsOfAnOuterConcatAreMadeInTheResult) {
  const Graph graph = Parse(R"(
    %shape: int64[3] = const [1, 6, 5]
    input %x: float32[1, 3, 5]
    %a: float32[1, 3, 5] = Relu(%x)
    %b: float32[1, 2, 3, 5] = Neg(%x)
    %flat: float32[1, 6, 5] = Reshape(%b, %shape)
    %inner: float32[1, 9, 5] = Concat(%a, %flat) {axis=1}
    %c: float32[1, 3, 5] = Exp(%x)
    %y: float32[1, 12, 5] = Concat(%c, %inner) {axis=1}
    output %y)");

  const ArenaPlan plan = Plan(graph, std::vector<int>(6, -1));

  EXPECT_EQ(plan.aliases,
            (std::vector<bool>{false, false, true, true, false, true}));
  EXPECT_EQ(PlaceOf(graph, plan, "a").kind, Place::Kind::kOutput);
  EXPECT_EQ(PlaceOf(graph, plan, "a").offset, 60);
  EXPECT_EQ(PlaceOf(graph, plan, "b").offset, 120);
  EXPECT_EQ(plan.arena_bytes, 0);
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, ConcatsCopyWhereAPartCannotLieInTheResult) {
  // An inner axis, an input of the graph, a value twice, and an output.
  const Graph graph = Parse(R"(
    input %x: float32[1, 4]
    %a: float32[1, 4] = Relu(%x)
    %b: float32[2, 4] = Tile(%a)
    %c: float32[2, 8] = Concat(%b, %b) {axis=1}
    %d: float32[1, 8] = Concat(%a, %x) {axis=1}
    %e: float32[1, 8] = Concat(%a, %a) {axis=1}
    %f: float32[1, 12] = Concat(%d, %a) {axis=1}
    %g: float32[1, 16] = Concat(%d, %e) {axis=1}
    output %c
    output %d
    output %f
    output %g)");

  const ArenaPlan plan = Plan(graph, std::vector<int>(7, -1));

  EXPECT_EQ(plan.aliases, std::vector<bool>(7, false));
  Player(graph, plan).Run();
}

TEST(PlanArenaTest, RefusesAnOutputThatNoNodeMakes) {
  const Graph graph = Parse("input %x: float32[1]\noutput %x");

  EXPECT_EQ(PlanArena(graph, {}).error().message(),
            "output 'x' is an input, a constant or another output");
}

/// Joins the elements of the input of `node` and of `other`.
void AddConcat(Graph& graph, Node& node, ValueId other) {
  for (const ValueId id : {node.inputs[0], other}) {
    graph.nodes.push_back({"Flatten", "", {id}, {}, {}});
  }
  std::int64_t count = 0;
  Node concat = {"Concat", "", {}, {}, {}};
  for (const std::size_t back : {2U, 1U}) {
    Node& flatten = graph.nodes[graph.nodes.size() - back];
    const std::int64_t part = graph.shape(flatten.inputs[0]).element_count();
    flatten.outputs = {
        graph.AddValue("v", TensorType{DataType::kFloat32, {part}})};
    concat.inputs.push_back(flatten.outputs[0]);
    count += part;
  }
  concat.outputs = {
      graph.AddValue("v", TensorType{DataType::kFloat32, {count}})};
  graph.nodes.push_back(std::move(concat));
}

/// A graph of unary, binary, two-output, reshaping and joining nodes on random
/// values.
Graph RandomGraph(std::mt19937& random, std::vector<int>& in_place) {
  Graph graph;
  const std::vector<TensorType> types = {{DataType::kFloat32, {256}},
                                         {DataType::kFloat32, {16, 16}},
                                         {DataType::kFloat32, {1000}}};
  const auto type = [&] { return types[random() % types.size()]; };
  const auto any = [&] {
    return static_cast<ValueId>(random() % graph.values.size());
  };
  for (int i = 0; i < 2; ++i) {
    graph.inputs.push_back(graph.AddValue("x", type()));
  }
  const std::size_t count = 3 + random() % 40;
  for (std::size_t i = 0; i < count; ++i) {
    Node node = {"Op", "", {any()}, {}, {}};
    const std::size_t kind = random() % 5;
    const TensorType same = graph.type(node.inputs[0]);
    const ValueId other = any();
    if (kind == 4 &&
        same.shape.element_count() + graph.shape(other).element_count() <=
            3000) {
      AddConcat(graph, node, other);
      in_place.resize(graph.nodes.size(), -1);
      continue;
    }
    const bool reshapes = kind == 0 && same.shape.element_count() == 256;
    if (reshapes) node.op = "Reshape";
    if (kind == 1) node.inputs.push_back(other);
    node.outputs.push_back(graph.AddValue(
        "v", reshapes ? types[random() % 2] : (random() % 2 ? same : type())));
    if (kind == 2) node.outputs.push_back(graph.AddValue("v", type()));
    in_place.push_back(random() % 2 ? 0 : -1);
    graph.nodes.push_back(std::move(node));
  }
  for (const Node& node : graph.nodes) {
    if (random() % 6 == 0) graph.outputs.push_back(node.outputs[0]);
  }
  graph.outputs.push_back(graph.nodes.back().outputs.back());
  if (graph.outputs.size() > 1 &&
      graph.outputs.back() == graph.outputs[graph.outputs.size() - 2]) {
    graph.outputs.pop_back();
  }
  return graph;
}

TEST(PlanArenaTest, RandomGraphsKeepEveryValueUntilItsLastUse) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    std::vector<int> in_place;
    const Graph graph = RandomGraph(random, in_place);

    const ArenaPlan plan = Plan(graph, in_place);

    EXPECT_LE(plan.arena_bytes, plan.total_bytes);
    Player(graph, plan).Run();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace skerry::compiler
