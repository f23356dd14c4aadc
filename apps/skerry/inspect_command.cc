#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "format.h"
#include "reports.h"
#include "skerry/compiler/import/onnx_import.h"
#include "skerry/compiler/lower/flops.h"
#include "skerry/model/container.h"
#include "skerry/platform/file.h"

namespace skerry::cli {
namespace {

constexpr std::size_t kModelBytesMax = std::size_t{4} << 30;

/// A model that is not compiled yet, as a person wants to see it.
struct SourceModel {
  struct Operator {
    int count = 0;
    std::int64_t flops = 0;
  };
  std::string name;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::map<std::string, Operator> operators;
  std::int64_t flops = 0;
  std::int64_t weight_bytes = 0;
};

std::vector<TensorSpec> SpecsOf(const compiler::Graph& graph,
                                const std::vector<compiler::ValueId>& ids) {
  std::vector<TensorSpec> specs;
  for (const compiler::ValueId id : ids) {
    specs.push_back({graph.value(id).name, graph.type(id)});
  }
  return specs;
}

Result<SourceModel> ReadSource(const std::string& path) {
  SKERRY_ASSIGN_OR_RETURN(const compiler::Graph graph,
                          compiler::ImportOnnxFile(path, {}));
  SourceModel model;
  model.name = graph.name;
  model.inputs = SpecsOf(graph, graph.inputs);
  model.outputs = SpecsOf(graph, graph.outputs);
  for (const compiler::Node& node : graph.nodes) {
    SourceModel::Operator& op = model.operators[node.op];
    const std::int64_t flops = compiler::EstimateFlops(graph, node);
    ++op.count;
    op.flops += flops;
    model.flops += flops;
  }
  for (const compiler::Value& value : graph.values) {
    if (value.constant != nullptr) {
      model.weight_bytes += value.constant->type().byte_count();
    }
  }
  return model;
}

Json SourceJson(const SourceModel& model) {
  Json operators = Json::array();
  for (const auto& [name, op] : model.operators) {
    operators.push_back(
        {{"op", name}, {"count", op.count}, {"flops", op.flops}});
  }
  return {{"name", model.name},
          {"inputs", ToJson(model.inputs)},
          {"outputs", ToJson(model.outputs)},
          {"weight_bytes", model.weight_bytes},
          {"flops", model.flops},
          {"macs", model.flops / 2},
          {"operators", std::move(operators)}};
}

std::string Millions(std::int64_t count) {
  return FormatFixed(static_cast<double>(count) * 1e-6, 2);
}

std::string SpecRows(const std::vector<TensorSpec>& inputs,
                     const std::vector<TensorSpec>& outputs) {
  std::vector<std::vector<std::string>> rows;
  for (const TensorSpec& spec : inputs) {
    rows.push_back({"input", spec.name, spec.type.ToString()});
  }
  for (const TensorSpec& spec : outputs) {
    rows.push_back({"output", spec.name, spec.type.ToString()});
  }
  return FormatTable(rows);
}

std::string SourceText(const SourceModel& model) {
  std::vector<std::vector<std::string>> rows = {{"operator", "count", "MMAC"}};
  for (const auto& [name, op] : model.operators) {
    rows.push_back({name, std::to_string(op.count), Millions(op.flops / 2)});
  }
  return "model    " + model.name + "\nweights  " +
         FormatBytes(static_cast<std::uint64_t>(model.weight_bytes)) +
         "\nwork     " + Millions(model.flops / 2) + " MMAC\n\n" +
         SpecRows(model.inputs, model.outputs) + "\n" +
         FormatTable(rows, {1, 2});
}

std::string LayerRows(const std::vector<LayerSpec>& layers) {
  std::vector<std::vector<std::string>> rows = {{"layer", "operator", "kernel",
                                                 "output", "MFLOP", "KiB",
                                                 "arena offset"}};
  for (const LayerSpec& layer : layers) {
    rows.push_back({layer.name, layer.op, layer.kernel, layer.output.ToString(),
                    Millions(layer.flops),
                    FormatFixed(static_cast<double>(layer.bytes) / 1024, 1),
                    layer.offset < 0 ? "-" : std::to_string(layer.offset)});
  }
  return FormatTable(rows, {4, 5, 6});
}

std::string OperatorRows(const std::vector<LayerSpec>& layers) {
  std::map<std::string, SourceModel::Operator> operators;
  for (const LayerSpec& layer : layers) {
    ++operators[layer.op].count;
    operators[layer.op].flops += layer.flops;
  }
  std::vector<std::vector<std::string>> rows = {{"operator", "count", "MFLOP"}};
  for (const auto& [name, op] : operators) {
    rows.push_back({name, std::to_string(op.count), Millions(op.flops)});
  }
  return FormatTable(rows, {1, 2});
}

std::string CompiledText(const Manifest& manifest) {
  std::string features;
  for (const std::string& feature : manifest.cpu_features) {
    features += (features.empty() ? "" : " ") + feature;
  }
  std::int64_t flops = 0;
  for (const LayerSpec& layer : manifest.layers) flops += layer.flops;
  return FormatTable(
             {{"model", manifest.model_name},
              {"compiler", manifest.compiler},
              {"source", manifest.source_digest},
              {"target", manifest.target + " (" + manifest.architecture + ")"},
              {"needs", features.empty() ? "-" : features},
              {"weights", FormatBytes(manifest.weight_bytes)},
              {"arena", FormatBytes(manifest.arena_bytes)},
              {"scratch",
               FormatBytes(manifest.scratch_bytes) + " for each thread"},
              {"work", Millions(flops) + " MFLOP"}}) +
         "\n" + SpecRows(manifest.inputs, manifest.outputs) + "\n" +
         OperatorRows(manifest.layers) + "\n" + LayerRows(manifest.layers);
}

Result<void> Inspect(const std::string& path, bool json) {
  if (path.ends_with(".onnx")) {
    const Result<SourceModel> model = ReadSource(path);
    if (!model) return BlameFile(model.error(), path);
    if (json) {
      PrintJson(SourceJson(*model));
    } else {
      std::fputs(SourceText(*model).c_str(), stdout);
    }
    return {};
  }
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> file,
                          platform::ReadFile(path, kModelBytesMax));
  const Result<Container> container = ReadContainer(file);
  if (!container) return BlameFile(container.error(), path);
  if (json) {
    PrintJson(ToJson(container->manifest));
  } else {
    std::fputs(CompiledText(container->manifest).c_str(), stdout);
  }
  return {};
}

}  // namespace

void AddInspectCommand(CLI::App& app, Action& action) {
  struct Options {
    std::string path;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect", "Show a model's inputs, outputs, memory and work");
  command
      ->add_option("MODEL", options->path, "a compiled model, or an .onnx file")
      ->required();
  command->add_flag("--json", options->json, "print JSON");
  AddExamples(*command,
              "  skerry inspect mobilenet.so\n"
              "  skerry inspect mobilenet.onnx --json\n");
  command->callback([&action, options] {
    action = [options] { return Inspect(options->path, options->json); };
  });
}

}  // namespace skerry::cli
