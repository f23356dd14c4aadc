// What the library does against a real S3, for s3_peers_test.py. Credentials
// are the environment's.
//
//   s3_peer put ENDPOINT BUCKET KEY FILE   puts a file
//   s3_peer capture ENDPOINT BUCKET COUNT [FOLDER]
//       captures COUNT records into the bucket; with FOLDER, by way of it,
//       and waits until all are uploaded

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "skerry/agent/capture/capture.h"
#include "skerry/platform/file.h"
#include "skerry/platform/folder.h"

namespace skerry {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::size_t kFileBytes = std::size_t{1} << 30;
constexpr std::chrono::seconds kPatience{60};

Result<std::unique_ptr<aws::S3Client>> MakeClient(const std::string& endpoint) {
  return aws::S3Client::Create({.endpoint = endpoint, .ca_file = {}},
                               aws::EnvironmentCredentials());
}

Result<void> Put(const Arguments& arguments) {
  SKERRY_ASSIGN_OR_RETURN(const auto client, MakeClient(arguments[1]));
  SKERRY_ASSIGN_OR_RETURN(const std::string content,
                          platform::ReadTextFile(arguments[4], kFileBytes));
  return client->Put(arguments[2], arguments[3], content, "text/plain");
}

agent::CaptureRecord MakeRecord(int i) {
  agent::CaptureRecord record;
  record.model_name = "detector";
  record.model_version = "1.0";
  record.capture_id = "capture-" + std::to_string(i);
  record.inputs.push_back({"image",
                           {DataType::kUint8, Shape({1, 3, 50, 50})},
                           std::string(7500, static_cast<char>(i))});
  record.outputs.push_back({"score",
                            {DataType::kUint8, Shape({1, 2})},
                            std::string(2, static_cast<char>(i))});
  return record;
}

bool AwaitNoFiles(const std::string& folder) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    bool empty = true;
    platform::VisitFiles(folder, [&](std::string_view) { empty = false; });
    if (empty) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

Result<void> CaptureRecords(const Arguments& arguments) {
  SKERRY_ASSIGN_OR_RETURN(auto client, MakeClient(arguments[1]));
  const int count = std::atoi(arguments[3].c_str());
  const bool disk = arguments.size() > 4;
  agent::CaptureOptions options;
  options.destination = disk ? agent::CaptureOptions::Destination::kDisk
                             : agent::CaptureOptions::Destination::kCloud;
  options.device_name = "gateway";
  options.fleet_name = "fleet";
  options.bucket = arguments[2];
  options.buffer_size = static_cast<std::size_t>(count) + 20;
  options.periodic_upload = disk;
  options.periodic_upload_period = std::chrono::seconds(1);
  if (disk) options.disk_path = arguments[4];
  telemetry::Registry metrics;
  const telemetry::Logger log({.descriptor = 2, .version = "test"});
  SKERRY_ASSIGN_OR_RETURN(
      const auto capture,
      agent::Capture::Create(options, std::move(client), metrics, log));
  for (int i = 0; i < count; ++i) {
    SKERRY_RETURN_IF_ERROR(capture->Accept(MakeRecord(i)));
  }
  capture->Drain(std::chrono::steady_clock::now() + kPatience);
  if (capture->Status("capture-" + std::to_string(count - 1)) !=
      agent::CaptureStatus::kSuccess) {
    return Unavailable("not written in time");
  }
  if (disk && !AwaitNoFiles(arguments[4])) {
    return Unavailable("not uploaded in time");
  }
  return {};
}

int Main(const Arguments& arguments) {
  Result<void> done = InvalidArgument("see the top of s3_peer.cc");
  if (arguments.size() == 5 && arguments[0] == "put") done = Put(arguments);
  if (arguments.size() >= 4 && arguments[0] == "capture") {
    done = CaptureRecords(arguments);
  }
  if (done.has_value()) return 0;
  std::fprintf(stderr, "s3_peer: %s\n", done.error().message().c_str());
  return 1;
}

}  // namespace
}  // namespace skerry

int main(int argc, char** argv) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  return skerry::Main({words.begin() + 1, words.end()});
}
