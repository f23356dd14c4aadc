#include "skerry/cloud/service/answer.h"

#include <utility>

namespace skerry::cloud {
namespace {

class Answer final : public Exchange {
 public:
  explicit Answer(Response response) : response_(std::move(response)) {}

  std::optional<Response> Begin() override { return std::move(response_); }
  std::optional<Response> Write(std::span<const std::byte>) override {
    return std::nullopt;
  }
  Response Finish() override { return std::move(response_); }

 private:
  Response response_;
};

}  // namespace

std::unique_ptr<Exchange> NewAnswer(Response response) {
  return std::make_unique<Answer>(std::move(response));
}

Response TextResponse(int status, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(text),
          .head_length = std::nullopt};
}

}  // namespace skerry::cloud
