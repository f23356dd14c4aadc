#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/model/manifest.h"

namespace skerry::agent {

/// What an executor and its worker say to each other.
///
/// Tensors lie in memory that both map. Over the socket, which keeps messages
/// apart, goes a request: its number, 8 bytes. The worker answers when the
/// outputs are there: the same number, a status (a byte: 0 or an `ErrorCode`)
/// and a text. Before the first request it answers to number 0, when it is
/// ready, with the model's fingerprint, or with why it is not.
///
/// Both are the same program on the same machine, so numbers are in its order.

/// The text of an answer has at most this many bytes.
inline constexpr std::size_t kWorkerTextBytesMax = 4096;

inline constexpr std::size_t kWorkerRequestBytes = sizeof(std::uint64_t);
inline constexpr std::size_t kWorkerReplyBytesMax =
    sizeof(std::uint64_t) + 1 + kWorkerTextBytesMax;

struct WorkerReply {
  std::uint64_t number = 0;
  Result<std::string_view> outcome;  ///< borrows from the message
};

std::array<std::byte, kWorkerRequestBytes> EncodeRequest(std::uint64_t number);

/// kInvalidArgument if it is none.
Result<std::uint64_t> DecodeRequest(std::span<const std::byte> message);

/// Writes the answer into `buffer` and returns the part that holds it. Longer
/// texts are cut.
std::span<const std::byte> EncodeReply(
    const WorkerReply& reply,
    std::span<std::byte, kWorkerReplyBytesMax> buffer);

/// kInvalidArgument if it is none.
Result<WorkerReply> DecodeReply(std::span<const std::byte> message);

/// Where the tensors of a model lie in the shared memory: inputs, then
/// outputs, each on a cache line of its own.
struct ChannelLayout {
  struct Part {
    std::size_t offset;
    std::size_t byte_count;
  };
  std::vector<Part> inputs;
  std::vector<Part> outputs;
  std::size_t byte_count = 0;  ///< of all; never 0
};
ChannelLayout LayOut(const Manifest& manifest);

/// Tells models apart: the executor and its worker must mean the same one,
/// although the file may have been replaced meanwhile.
std::string FingerprintOf(const Manifest& manifest);

}  // namespace skerry::agent
