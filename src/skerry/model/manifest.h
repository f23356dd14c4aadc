#pragma once

#include <cstddef>
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
  std::string op;       ///< with what was fused: "Conv+Clip"
  std::string kernel;   ///< the kernel that runs it: "pointwise 14x32"
  TensorType output;    ///< type of the first output, in memory order
  std::int64_t flops;   ///< 2 per multiply-add, 1 per other operation
  std::int64_t bytes;   ///< weights, inputs and outputs, each read once
  std::int64_t offset;  ///< of the output in the arena; -1: not in the arena

  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// Inputs, and outputs, of one model are at most this many.
inline constexpr std::size_t kTensorSpecsMax = 1024;

/// The text form takes at most this many bytes.
inline constexpr std::size_t kManifestBytesMax = std::size_t{16} << 20;

/// No memory size in a manifest exceeds this: 1 TiB.
inline constexpr std::uint64_t kMemoryBytesMax = std::uint64_t{1} << 40;

/// What a host must know of a compiled model before it runs it.
///
/// The text form is one `key value...` per line, in the order below, so that
/// `tail -c` on a model file shows it:
///
///     skerry-manifest 1
///     model mobilenetv2
///     compiler skerry%200.1.0
///     source sha256:5f3c...
///     target x86-64-v3
///     architecture x86_64
///     cpu_features avx2 fma
///     arena_bytes 4816896
///     scratch_bytes 0
///     weight_bytes 13951808
///     input image float32[1,3,224,224]
///     output scores float32[1,1000]
///     layer conv1 Conv+Clip direct%2014x32 float32[1,112,112,32] FLOPS
///         BYTES OFFSET   (on the same line)
///
/// In names, bytes up to space, 0x7F and '%' are written as '%' and two
/// upper-case hexadecimal digits; an empty name is a lone '%'. Unknown keys
/// are refused: a manifest's version changes when its keys do.
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

/// Whether `manifest` holds together: sizes within the limits above, every
/// layer's output inside the arena, names of inputs unique, and so names of
/// outputs. `ParseManifest` checks this; a compiler may before it writes one.
/// kDataLoss says what is wrong.
Result<void> CheckManifest(const Manifest& manifest);

/// The text form of `manifest`; if the manifest holds together,
/// `ParseManifest` gives the same back.
std::string PrintManifest(const Manifest& manifest);

/// Reads the text form.
///
/// Errors:
///   kDataLoss            names the line, what was wanted and what was found
///   kFailedPrecondition  a manifest version that this code does not know
Result<Manifest> ParseManifest(std::string_view text);

}  // namespace skerry
