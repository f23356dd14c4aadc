// How long a call takes beyond the model's own time, and what a server costs
// that has no model. The client is a process of its own, over a unix socket.
#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>

#include "skerry/agent/grpc/grpc_test_support.h"

namespace skerry::agent {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr int kCalls = 10'000;
constexpr int kWarmUpCalls = 500;
constexpr int kLargeRows = 50'000;  // 600 kB each way

// Runs `call`, which returns the model's own time, and prints the rest.
void Measure(const char* name, int count,
             const std::function<std::int64_t()>& call) {
  std::vector<double> microseconds;
  for (int i = 0; i < count + kWarmUpCalls; ++i) {
    const auto start = steady_clock::now();
    const std::int64_t model_ns = call();
    const duration<double, std::micro> took = steady_clock::now() - start;
    if (i < kWarmUpCalls) continue;
    microseconds.push_back(took.count() - static_cast<double>(model_ns) / 1000);
  }
  std::ranges::sort(microseconds);
  const auto percentile = [&](double part) {
    return microseconds[static_cast<std::size_t>(
        part * static_cast<double>(microseconds.size() - 1))];
  };
  std::printf("%-28s p50 %6.0f us   p90 %6.0f us   p99 %6.0f us\n", name,
              percentile(0.5), percentile(0.9), percentile(0.99));
}

oip::ModelInferRequest Request(const std::string& model, int rows) {
  auto request = ScaleInfer(
      model,
      std::vector<float>(static_cast<std::size_t>(rows) * kScaleColumns, 1.0F));
  request.mutable_inputs(0)->set_shape(0, rows);
  return request;
}

int RunClient(platform::FileDescriptor connection) {
  char go = 0;
  if (read(connection.number(), &go, 1) != 1) return 1;
  const int number = fcntl(connection.number(), F_DUPFD_CLOEXEC, 0);
  fcntl(number, F_SETFL, O_NONBLOCK);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel =
      grpc::CreateCustomInsecureChannelFromFd("bench", number, arguments);
  const auto stub = oip::GRPCInferenceService::NewStub(channel);
  const auto edge_stub = edge::Agent::NewStub(channel);
  const auto infer = [&](const oip::ModelInferRequest& request) {
    grpc::ClientContext context;
    oip::ModelInferResponse response;
    const auto status = stub->ModelInfer(&context, request, &response);
    if (!status.ok()) std::puts(status.error_message().c_str());
    return response.parameters().at("model_time_ns").int64_param();
  };
  Measure("ServerLive", kCalls, [&] {
    grpc::ClientContext context;
    oip::ServerLiveResponse response;
    stub->ServerLive(&context, {}, &response);
    return std::int64_t{0};
  });
  const auto tiny = Request("tiny", 1);
  Measure("ModelInfer, 12 bytes", kCalls, [&] { return infer(tiny); });
  const auto predict = ScalePredict("tiny", {1, 2, 3});
  Measure("Predict, 12 bytes", kCalls, [&] {
    grpc::ClientContext context;
    edge::PredictResponse response;
    edge_stub->Predict(&context, predict, &response);
    return std::int64_t{0};
  });
  auto large = Request("large", kLargeRows);
  large.add_outputs()->set_name("sum");
  Measure("ModelInfer, 600 kB in", kCalls / 10, [&] { return infer(large); });
  large.clear_outputs();
  Measure("ModelInfer, 600 kB in, 800 out", kCalls / 10,
          [&] { return infer(large); });
  return 0;
}

void PrintStatus(const char* when) {
  std::ifstream status("/proc/self/status");
  std::string line;
  std::printf("%s:", when);
  while (std::getline(status, line)) {
    for (const char* key : {"VmRSS", "RssAnon", "Threads"}) {
      if (!line.starts_with(key)) continue;
      std::ranges::replace(line, '\t', ' ');
      std::printf("  %s", line.c_str());
    }
  }
  std::printf("\n");
}

int RunServer(platform::FileDescriptor connection) {
  TestPackages packages;
  const std::string tiny = packages.Write("tiny", MakeScaleModel(2));
  const std::string large =
      packages.Write("large", MakeScaleModel(2, kLargeRows));
  PrintStatus("before");
  const auto start = steady_clock::now();
  TestStore store;
  const auto regions = SharedRegions::Create();
  const auto repository = *Repository::Create("", *store.models);
  const std::atomic<bool> ready = true;
  const auto server = *GrpcServer::Create(
      {}, {*store.models, *repository, *regions, nullptr, store.metrics,
           store.log, nullptr, "bench", ready});
  const duration<double, std::milli> took = steady_clock::now() - start;
  std::printf("ready after %.1f ms\n", took.count());
  PrintStatus("without a model");
  if (!store.models->Load("tiny", tiny, std::nullopt)) return 1;
  if (!store.models->Load("large", large, std::nullopt)) return 1;
  if (write(connection.number(), "g", 1) != 1) return 1;
  std::fflush(stdout);
  server->Adopt(std::move(connection), {getpid(), geteuid(), getegid()});
  int status = 0;
  wait(&status);
  PrintStatus("after the calls");
  return status;
}

}  // namespace
}  // namespace skerry::agent

int main() {
  auto [ours, theirs] = skerry::agent::SocketPair();
  // Before gRPC starts its threads.
  if (fork() == 0) {
    ours.Close();
    return skerry::agent::RunClient(std::move(theirs));
  }
  theirs.Close();
  return skerry::agent::RunServer(std::move(ours));
}
