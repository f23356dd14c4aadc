#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace skerry::soak {

using Random = std::mt19937_64;

/// Elements of the models' input and output, float32[1, kElementCount].
inline constexpr int kElementCount = 64;
inline constexpr std::size_t kTensorBytes = kElementCount * sizeof(float);

/// A model that the agent is to have: y = 3 * x + bias.
struct Target {
  std::string name;
  std::vector<float> biases;  ///< of the versions that may answer
  /// gRPC codes that a right request may get, besides OK.
  std::vector<int> codes;
};

/// An input that no other request has, so that an answer shows whose it is.
struct Question {
  std::array<float, kElementCount> x;

  static Question Make(Random& random);

  std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(x));
  }

  /// Whether `y` is what a version of `target` gives for exactly this.
  bool IsAnsweredBy(std::span<const std::byte> y, const Target& target) const;

  /// What `y` is instead of the answer, for whoever must find out why.
  std::string Compare(std::span<const std::byte> y) const;
};

/// A number from 0 to `end` - 1.
inline std::uint64_t Below(Random& random, std::uint64_t end) {
  return random() % end;
}

}  // namespace skerry::soak
