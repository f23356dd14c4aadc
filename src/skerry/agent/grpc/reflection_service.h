#pragma once

#include <vector>

#include "skerry/agent/grpc/method.h"
#include "skerry/agent/grpc/stream.h"

namespace skerry::agent {

/// grpc.reflection.v1alpha.ServerReflection and its v1, whose messages are
/// the same: tells tools such as grpcurl what can be called. gRPC's own would
/// start threads; see HealthService.
std::vector<Method> ReflectionMethods();

}  // namespace skerry::agent
