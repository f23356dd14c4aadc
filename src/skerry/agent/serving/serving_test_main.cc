// The tests' program is also the worker of isolated models.
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "skerry/agent/serving/executor.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--worker") {
    return skerry::agent::RunWorker(std::span(arguments).subspan(1));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
