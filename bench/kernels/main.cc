// kernel_bench [--target T] [TEXT]: compiles and times single layers of known
// networks whose names contain TEXT, and compares them with the speed at
// which this core multiplies and adds in registers.
#include <cstdio>
#include <string>
#include <string_view>

#include "layers.h"
#include "timing.h"

namespace skerry::bench {
namespace {

Result<void> Run(const std::string& target_name, std::string_view wanted) {
  SKERRY_ASSIGN_OR_RETURN(const compiler::Target target,
                          compiler::FindTarget(target_name));
  SKERRY_ASSIGN_OR_RETURN(const double peak, MeasurePeak(target));
  std::printf("%s: %.1f GFLOP/s in registers, one thread\n\n",
              target.name.c_str(), peak / 1e9);
  std::printf("%-38s %-20s %9s %9s %7s %6s %6s\n", "layer", "kernel", "warm us",
              "cold us", "GFLOP/s", "warm %", "cold %");
  for (const Layer& layer : Layers()) {
    const std::string name = Name(layer);
    if (name.find(wanted) == std::string::npos) continue;
    SKERRY_ASSIGN_OR_RETURN(const Timing timing,
                            TimeLayer(MakeGraph(layer), target));
    const double rate = timing.flops / timing.warm_seconds;
    std::printf("%-38s %-20s %9.1f %9.1f %7.1f %6.0f %6.0f\n", name.c_str(),
                timing.kernel.c_str(), timing.warm_seconds * 1e6,
                timing.cold_seconds * 1e6, rate / 1e9, 100 * rate / peak,
                100 * timing.flops / timing.cold_seconds / peak);
  }
  return {};
}

}  // namespace
}  // namespace skerry::bench

int main(int count, char** arguments) {
  std::string target = "native";
  std::string wanted;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help") {
      std::puts("usage: kernel_bench [--target T] [TEXT IN A LAYER'S NAME]");
      return 0;
    }
    if (argument == "--target" && i + 1 < count) {
      target = arguments[++i];
    } else {
      wanted = argument;
    }
  }
  const auto ran = skerry::bench::Run(target, wanted);
  if (ran.has_value()) return 0;
  std::fprintf(stderr, "kernel_bench: %s\n", ran.error().message().c_str());
  return 1;
}
