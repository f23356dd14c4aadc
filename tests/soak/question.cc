#include "question.h"

#include <algorithm>
#include <cstring>

namespace skerry::soak {

Question Question::Make(Random& random) {
  Question question;
  for (float& value : question.x) {
    // Whole numbers that floats hold exactly, three times as large too.
    value = static_cast<float>(Below(random, 1 << 22));
  }
  return question;
}

bool Question::IsAnsweredBy(std::span<const std::byte> y,
                            const Target& target) const {
  if (y.size() != kTensorBytes) return false;
  std::array<float, kElementCount> found;
  std::memcpy(found.data(), y.data(), kTensorBytes);
  return std::ranges::any_of(target.biases, [&](float bias) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] != 3 * x[i] + bias) return false;
    }
    return true;
  });
}

std::string Question::Compare(std::span<const std::byte> y) const {
  std::string text = std::to_string(y.size()) + " bytes; x, y:";
  if (y.size() != kTensorBytes) return text;
  std::array<float, kElementCount> found;
  std::memcpy(found.data(), y.data(), kTensorBytes);
  for (const std::size_t i : {0U, 1U, 31U, 63U}) {
    text += " " + std::to_string(x[i]) + " " + std::to_string(found[i]);
  }
  return text;
}

}  // namespace skerry::soak
