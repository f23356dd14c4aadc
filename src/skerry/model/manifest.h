#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/tensor/shape.h"

namespace skerry {

/// One input or output of a model.
struct TensorSpec {
  std::string name;
  TensorType type;

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

/// One step of a compiled model, for people who ask where the time goes.
struct LayerSpec {
  std::string name;     ///< the source node's name
  std::string op;       ///< operator, with what was fused: "Conv+Clip"
  std::string kernel;   ///< the kernel that runs it: "pointwise 14x32"
  TensorType output;    ///< type of the first output, in memory order
  std::int64_t flops;   ///< 2 per multiply-add, 1 per other operation
  std::int64_t bytes;   ///< weights, inputs and outputs, each read once
  std::int64_t offset;  ///< of the output in the arena; -1: not in the arena

  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// What a host must know of a compiled model before it runs it.
///
/// The text form is one `key value...` per line, UTF-8, so that `tail -c` on
/// a model file shows it. Names are percent-encoded where they hold a space,
/// a control character or '%'. Unknown keys are refused: a manifest's version
/// changes when its keys do.
struct Manifest {
  static constexpr int kVersion = 1;

  std::string model_name;
  std::string compiler;                   ///< "skerry 0.1.0"
  std::string source_digest;              ///< "sha256:..." of the imported file
  std::string target;                     ///< as the user named it: "x86-64-v4"
  std::string architecture;               ///< "x86_64" or "aarch64"
  std::vector<std::string> cpu_features;  ///< needed, by Linux's names: "avx2"
  std::uint64_t arena_bytes = 0;
  std::uint64_t scratch_bytes = 0;  ///< for each thread
  std::uint64_t weight_bytes = 0;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::vector<LayerSpec> layers;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// The text form of `manifest`; `ParseManifest` gives the same back.
std::string PrintManifest(const Manifest& manifest);

/// Reads the text form. kDataLoss names the line and what was wanted.
Result<Manifest> ParseManifest(std::string_view text);

}  // namespace skerry
