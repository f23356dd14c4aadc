#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/agent/capture/capture.h"

namespace skerry::agent {

/// What the names of an agent's files begin with: no two files of a fleet get
/// the same, and they sort by the time at which they were named.
///
/// Thread safety: thread-compatible.
class FileNamer {
 public:
  /// `session` tells this run of the agent from others.
  FileNamer(std::string device_name, std::string session)
      : device_name_(std::move(device_name)), session_(std::move(session)) {}

  /// "20261124T101500.123-gateway7-9f31c2d7a6e0b554-000001"
  std::string Next(std::chrono::system_clock::time_point now);

 private:
  std::string device_name_;
  std::string session_;
  unsigned serial_ = 0;
};

/// A payload in a file of its own, with the bytes as the client sent them.
struct RawFile {
  std::string key;
  std::string_view bytes;  ///< borrowed from the record
};

/// A file of JSON Lines. Keys are paths below the folder or in the bucket.
struct CaptureFile {
  std::string key;
  std::string lines;
  std::vector<RawFile> raw_files;  ///< to be written before the lines
  std::vector<std::string> capture_ids;
};

/// The files for `records`: one for each model and hour of inference, and
/// those of payloads beyond the embed limit. They borrow from the records.
std::vector<CaptureFile> FormatFiles(const CaptureOptions& options,
                                     const std::vector<CaptureRecord>& records,
                                     FileNamer& namer);

/// Whether `key` could be one of `FormatFiles`, by its end.
bool IsCaptureFile(std::string_view key);

/// Whether `key` is what a write left that never came to its end.
bool IsPartialFile(std::string_view key);

/// Whether `text` may be one step of a key: 1 to 255 bytes, no '/', no
/// control characters, not "." or "..".
bool IsPathStep(std::string_view text);

}  // namespace skerry::agent
