#include "skerry/agent/grpc/status.h"

#include <string>

namespace skerry::agent {

grpc::Status ToStatus(const Error& error) {
  std::string message = error.message();
  if (message.size() > kStatusMessageBytesMax) {
    message.resize(kStatusMessageBytesMax);
    message += "...";
  }
  return {static_cast<grpc::StatusCode>(error.code()), message};
}

}  // namespace skerry::agent
