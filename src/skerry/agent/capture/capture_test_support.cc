#include "skerry/agent/capture/capture_test_support.h"

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include "skerry/base/check.h"
#include "skerry/platform/folder.h"

namespace skerry::agent {
namespace {

constexpr std::size_t kFileBytes = std::size_t{64} << 20;

// Empty if it went away meanwhile.
std::string Read(const std::string& path) {
  return platform::ReadTextFile(path, kFileBytes).value_or("");
}

// Each reference of a line must lead to a file.
void CheckReferences(const nlohmann::json& line, const std::string& folder,
                     CapturedFiles& files) {
  for (const char* const list :
       {"deviceFleetInputs", "deviceFleetOutputs", "deviceFleetAuxiliaryInputs",
        "deviceFleetAuxiliaryOutputs"}) {
    for (const auto& entry : line.at(list)) {
      if (!entry.contains("data-ref")) continue;
      const auto key = folder + entry.at("data-ref").get<std::string>();
      if (!files.contents.contains(key)) {
        files.faults.push_back("no payload " + key);
      }
    }
  }
}

void ReadLines(const std::string& key, CapturedFiles& files) {
  const std::string& content = files.contents.at(key);
  if (!content.ends_with('\n')) files.faults.push_back("torn: " + key);
  std::istringstream stream(content);
  for (std::string text; std::getline(stream, text);) {
    auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object()) {
      files.faults.push_back("no JSON in " + key);
      continue;
    }
    CheckReferences(line, key.substr(0, key.rfind('/') + 1), files);
    files.lines.push_back(std::move(line));
  }
}

}  // namespace

CaptureRecord MakeRecord(const std::string& id, int element_count) {
  CaptureRecord record;
  record.model_name = "detector";
  record.model_version = "1.0";
  record.capture_id = id;
  record.inference_time =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) +
      std::chrono::seconds((10 * 60 + 15) * 60 + 30);
  record.inputs.push_back(
      {"image",
       {DataType::kFloat32, Shape({1, element_count})},
       std::string(static_cast<std::size_t>(element_count) * 4, '\1')});
  return record;
}

bool Await(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::map<std::string, int> CapturedFiles::ids() const {
  std::map<std::string, int> counts;
  for (const auto& line : lines) {
    ++counts[line.at("eventMetadata").at("eventId").get<std::string>()];
  }
  return counts;
}

CapturedFiles ReadFolder(const std::string& folder) {
  CapturedFiles files;
  platform::VisitFiles(folder, [&](std::string_view path) {
    const std::string key(path);
    if (key.find(".partial-") != std::string::npos) return;
    files.contents[key] = Read(folder + '/' + key);
  });
  for (const auto& [key, content] : files.contents) {
    if (key.ends_with(".jsonl")) ReadLines(key, files);
  }
  return files;
}

CaptureFixture::CaptureFixture()
    : folder_(platform::TempDirectory::Create("capture").value()),
      log_folder_(platform::TempDirectory::Create("capture-log").value()),
      log_file_(open(log_folder_.Join("log").c_str(),
                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  SKERRY_CHECK(log_file_.open());
  log_ = std::make_unique<telemetry::Logger>(telemetry::Logger::Options{
      .descriptor = log_file_.number(), .version = "test"});
}

CaptureOptions CaptureFixture::DiskOptions() const {
  CaptureOptions options;
  options.device_name = "gateway7";
  options.fleet_name = "fleet";
  options.disk_path = folder();
  return options;
}

CaptureOptions CaptureFixture::CloudOptions() const {
  CaptureOptions options = DiskOptions();
  options.destination = CaptureOptions::Destination::kCloud;
  options.disk_path.clear();
  options.bucket = "sagemaker-bucket";
  return options;
}

std::unique_ptr<Capture> CaptureFixture::Create(
    const CaptureOptions& options, std::unique_ptr<aws::S3Client> s3) {
  auto capture = Capture::Create(options, std::move(s3), metrics_, *log_);
  SKERRY_CHECK(capture.has_value());
  return *std::move(capture);
}

double CaptureFixture::Metric(const std::string& series) const {
  std::istringstream text(metrics_.RenderPrometheus());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(series + ' ')) {
      return std::stod(line.substr(series.size()));
    }
  }
  return -1;
}

int CaptureFixture::LogCount(const std::string& event) const {
  std::istringstream text(Read(log_folder_.Join("log")));
  int count = 0;
  for (std::string line; std::getline(text, line);) {
    count += line.find(event) != std::string::npos ? 1 : 0;
  }
  return count;
}

}  // namespace skerry::agent
