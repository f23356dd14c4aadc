#include <sched.h>

#include <utility>

#include "skerry/agent/serving/affinity.h"
#include "skerry/agent/serving/executor.h"
#include "skerry/runtime/session.h"

namespace skerry::agent {
namespace {

class SessionExecutor final : public Executor {
 public:
  explicit SessionExecutor(runtime::Session session)
      : session_(std::move(session)) {}

  Result<void> Run(std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs) override {
    return session_.Run(inputs, outputs);
  }

 private:
  runtime::Session session_;
};

}  // namespace

Result<std::unique_ptr<Executor>> CreateSessionExecutor(
    std::shared_ptr<const runtime::Model> model,
    const ExecutorOptions& options) {
  runtime::SessionOptions session_options;
  session_options.thread_count = options.thread_count;
  // The session's threads inherit the CPUs of the one that starts them.
  SKERRY_ASSIGN_OR_RETURN(const AffinityScope scope,
                          AffinityScope::Create(options.cores));
  SKERRY_ASSIGN_OR_RETURN(
      runtime::Session session,
      runtime::Session::Create(std::move(model), session_options));
  return std::make_unique<SessionExecutor>(std::move(session));
}

}  // namespace skerry::agent
