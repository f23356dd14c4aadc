#include "bench_subject.h"

#include <utility>

#include "command.h"
#include "random_inputs.h"

namespace skerry::cli {

Result<Subject> LoadSubject(const std::string& path, int threads) {
  auto model = runtime::Model::LoadFile(path);
  if (!model) return BlameFile(model.error(), path);
  SKERRY_ASSIGN_OR_RETURN(
      runtime::Session session,
      runtime::Session::Create(*model, {.thread_count = threads}));
  Subject subject{
      std::move(session), RandomInputs((*model)->manifest().inputs), {}};
  for (const Tensor& input : subject.inputs) {
    subject.views.push_back(input.bytes());
  }
  return subject;
}

}  // namespace skerry::cli
