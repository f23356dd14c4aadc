// The tests' program is also the worker, and the parent that dies.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "skerry/agent/serving/executor.h"
#include "skerry/agent/worker/worker_test_support.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--worker") {
    return skerry::agent::RunWorker(std::span(arguments).subspan(1));
  }
  if (arguments.size() == 2 && arguments[0] == "--doomed-parent") {
    return skerry::agent::RunDoomedParent(arguments[1]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
