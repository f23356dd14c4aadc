#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/cloud/database/database_test_support.h"
#include "skerry/cloud/sagemaker/operations.h"

namespace skerry::cloud {

/// The operations on a database of their own, without HTTP. The clock stands
/// still until it is moved.
///
/// Thread safety: thread-compatible.
class TestSageMaker {
 public:
  explicit TestSageMaker(const std::string& engine = "sqlite");

  ApiResult<Json> Run(std::string_view operation, const Json& input);
  /// The output; a failed test and null for an error.
  Json Good(std::string_view operation, const Json& input);
  /// "CODE: message"; "none".
  std::string Fault(std::string_view operation, const Json& input);
  /// All pages' entries of the list `member`, `size` each; the tokens are
  /// followed to the end.
  std::vector<Json> Pages(std::string_view operation, std::string_view member,
                          int size, Json input = Json::object());

  /// Gives the job a worker, and ends it.
  void Complete(JobKind kind, const std::string& name, const Json& result);
  void Fail(JobKind kind, const std::string& name, const std::string& reason);

  /// Moves the clock.
  void Later(std::int64_t micros) { now_ += micros; }
  std::int64_t now() const { return now_; }

  Database& database() { return *database_; }
  JobQueue& jobs() { return jobs_; }

  Principal principal = {
      .access_key_id = "AKIATEST", .role = Role::kAdmin, .name = "tester"};

 private:
  TestDatabase place_;
  std::unique_ptr<Database> database_;
  JobQueue jobs_;
  std::int64_t now_ = 1'800'000'000'123'000;
};

/// Requests that are good as they are.
Json FleetInput(const std::string& name);
Json CompilationInput(const std::string& name);
Json PackagingInput(const std::string& name, const std::string& compilation);

}  // namespace skerry::cloud
