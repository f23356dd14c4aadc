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

}  // namespace skerry::soak
