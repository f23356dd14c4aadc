#include "skerry/cloud/jobs/job_run_test_support.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string_view>

#include "skerry/cloud/jobs/file_digest.h"
#include "skerry/model/container.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTestBytesMax = std::size_t{64} << 20;

}  // namespace

void FolderObjects::MakeBucket(const std::string& bucket) {
  fs::create_directory(folder_.Join(bucket));
}

std::string FolderObjects::Path(const ObjectUri& uri) const {
  return folder_.Join(uri.bucket + "/" + uri.key);
}

std::string FolderObjects::Content(const std::string& bucket,
                                   const std::string& key) const {
  return platform::ReadTextFile(Path({bucket, key}), kTestBytesMax)
      .value_or("");
}

Result<ObjectSummary> FolderObjects::Head(const ObjectUri& uri) {
  SKERRY_ASSIGN_OR_RETURN(const platform::FileDescriptor file,
                          Open(uri, kTestBytesMax));
  SKERRY_ASSIGN_OR_RETURN(const FileDigests digests, DigestFile(file));
  return ObjectSummary{.byte_count = digests.byte_count,
                       .sha256 = digests.sha256};
}

Result<platform::FileDescriptor> FolderObjects::Open(const ObjectUri& uri,
                                                     std::uint64_t /*max*/) {
  return platform::OpenForReading(Path(uri));
}

Result<ObjectSummary> FolderObjects::Get(const ObjectUri& uri,
                                         const std::string& path,
                                         std::uint64_t /*bytes_max*/) {
  SKERRY_ASSIGN_OR_RETURN(const std::vector<std::byte> content,
                          platform::ReadFile(Path(uri), kTestBytesMax));
  fs::create_directories(fs::path(path).parent_path());
  SKERRY_RETURN_IF_ERROR(platform::WriteFile(path, content));
  return Head(uri);
}

Result<ObjectSummary> FolderObjects::Put(const ObjectUri& uri,
                                         const platform::FileDescriptor& file,
                                         const std::string& /*content_type*/) {
  if (!fs::exists(folder_.Join(uri.bucket))) {
    return NotFound("there is no bucket '" + uri.bucket + "'");
  }
  SKERRY_ASSIGN_OR_RETURN(
      const std::vector<std::byte> content,
      platform::ReadFile("/proc/self/fd/" + std::to_string(file.number()),
                         kTestBytesMax));
  fs::create_directories(fs::path(Path(uri)).parent_path());
  SKERRY_RETURN_IF_ERROR(platform::WriteFile(Path(uri), content));
  return Head(uri);
}

ScriptedCompiler::ScriptedCompiler(const std::string& script,
                                   const std::string& architecture) {
  Manifest manifest;
  manifest.model_name = "net";
  manifest.compiler = "skerry test";
  manifest.source_digest = "sha256:00";
  manifest.target = "x86-64-v3";
  manifest.architecture = architecture;
  manifest.inputs = {{"x", {DataType::kFloat32, *Shape::Create({1, 3})}}};
  manifest.outputs = {{"y", {DataType::kFloat32, *Shape::Create({1, 3})}}};
  const std::string elf =
      "\x7F"
      "ELF stands here";
  const auto written = platform::WriteFile(
      folder_.Join("premade.so"),
      WriteContainer(std::as_bytes(std::span(elf)), manifest));
  EXPECT_TRUE(written);
  const std::string program = folder_.Join("skerry");
  EXPECT_TRUE(platform::WriteTextFile(
      program, "#!/bin/sh\nPREMADE=" + folder_.Join("premade.so") + "\n" +
                   script + "\n"));
  chmod(program.c_str(), 0755);
  auto sandbox = Sandbox::Create({.method = "none",
                                  .program = program,
                                  .work_root = folder_.Join("work")});
  EXPECT_TRUE(sandbox) << sandbox.error().message();
  sandbox_ = *std::move(sandbox);
}

}  // namespace skerry::cloud
