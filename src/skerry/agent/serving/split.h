#pragma once

#include <cstddef>
#include <string_view>

#include "skerry/agent/serving/model_store.h"
#include "skerry/base/result.h"

namespace skerry::agent {

/// The shares of all arms make this.
inline constexpr int kShareTotal = 10000;

/// kInvalidArgument unless the shares are not negative and make kShareTotal,
/// no version is there twice, and the shadow is not an arm.
Result<void> CheckSplit(const Split& split);

/// The arm that `unit` belongs to; the first if `unit` is empty.
std::size_t ArmOf(const Split& split, std::string_view unit);

}  // namespace skerry::agent
