#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "skerry/base/result.h"
#include "skerry/cloud/server/message.h"
#include "skerry/telemetry/log.h"
#include "skerry/telemetry/metrics.h"

namespace skerry::cloud {

struct ServerOptions {
  std::string address = "127.0.0.1:8780";  ///< "HOST:PORT"; port 0: any
  std::string certificate_file = {};       ///< PEM; empty: plain HTTP
  std::string key_file = {};
  int event_thread_count = 0;    ///< 0: one for each CPU, at most 8
  int worker_thread_count = 16;  ///< that call handlers, which may block
  std::size_t connection_count_max = 10000;
  std::size_t header_bytes_max = std::size_t{32} << 10;
  std::size_t header_count_max = 100;
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
  /// Without progress in a body, or in an answer's taking, for so long: closed.
  /// A byte now and then is none: it takes 1 KiB, or the end.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(30);
};

/// An HTTP/1.1 server on TCP, with or without TLS. Waiting costs no thread:
/// idle and slow clients hold a socket and a buffer only.
///
/// Thread safety: thread-safe.
class Server {
 public:
  /// Binds and serves. Outlived by all that it is given.
  ///
  /// Errors: kInvalidArgument, kPermissionDenied, kUnavailable (the address is
  /// in use), kNotFound and kInvalidArgument for TLS files.
  static Result<std::unique_ptr<Server>> Create(const ServerOptions& options,
                                                Handler& handler,
                                                const telemetry::Logger& log,
                                                telemetry::Registry& metrics);
  virtual ~Server() = default;

  virtual int port() const = 0;

  /// Reads the TLS files again; connections that are there go on with what
  /// they have. Nothing changes on an error. Without TLS it does nothing.
  virtual Result<void> ReloadCertificate() = 0;

  /// Takes no more connections, closes idle ones, and waits until all requests
  /// are answered, or `deadline`.
  virtual void Shutdown(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace skerry::cloud
