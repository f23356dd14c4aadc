#include "skerry/cloud/service/admin_handler.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/cloud/service/admin_operations.h"

namespace skerry::cloud {
namespace {

constexpr std::string_view kRoot = "/skerry/v1/admin/";

Response ErrorResponse(const ApiError& error) {
  return JsonResponse(error.status,
                      {{"code", error.code}, {"message", error.message}});
}

ApiError ErrorOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return {400, "InvalidRequest", error.message()};
    case ErrorCode::kNotFound:
      return {404, "NotFound", error.message()};
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      return {409, "Conflict", error.message()};
    default:
      return InternalApiError(error);
  }
}

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr ==
            &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

class AdminExchange final : public Exchange {
 public:
  AdminExchange(const AdminServices& services, RequestHead head)
      : services_(services), head_(std::move(head)) {}

  std::optional<Response> Begin() override {
    auto verified =
        VerifyRequest(head_, services_.keys, std::chrono::system_clock::now());
    if (!verified) return ErrorResponse(verified.error());
    verified_ = *std::move(verified);
    target_ = ParseAdminTarget(head_);
    operation_ = FindAdminOperation(head_.method, target_);
    if (operation_ == nullptr) {
      return ErrorResponse(
          {404, "NotFound",
           "there is no " + head_.method + " " + std::string(head_.path())});
    }
    if (!Allows(verified_.principal, operation_->action, "")) {
      return ErrorResponse(
          {403, "AccessDenied",
           "a key with the role '" +
               std::string(RoleName(verified_.principal.role)) +
               "' may not do " + std::string(operation_->action)});
    }
    return std::nullopt;
  }

  std::optional<Response> Write(std::span<const std::byte> piece) override {
    if (auto read = verified_.payload->Read(piece, content_); !read) {
      return ErrorResponse(read.error());
    }
    if (content_.size() > kAdminBodyBytesMax) {
      return ErrorResponse({413, "RequestTooLarge",
                            "the body has more than " +
                                std::to_string(kAdminBodyBytesMax) + " bytes"});
    }
    return std::nullopt;
  }

  Response Finish() override {
    if (auto end = verified_.payload->End(); !end) {
      return ErrorResponse(end.error());
    }
    const std::string body(reinterpret_cast<const char*>(content_.data()),
                           content_.size());
    auto response = operation_->run({.services = services_,
                                     .who = verified_.principal,
                                     .peer = head_.peer,
                                     .target = target_,
                                     .body = body});
    if (!response) return ErrorResponse(ErrorOf(response.error()));
    return *std::move(response);
  }

 private:
  const AdminServices& services_;
  const RequestHead head_;
  VerifiedRequest verified_;
  AdminTarget target_;
  const AdminOperation* operation_ = nullptr;
  std::vector<std::byte> content_;
};

class AdminHandler final : public Handler {
 public:
  explicit AdminHandler(AdminServices services)
      : services_(std::move(services)) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    return std::make_unique<AdminExchange>(services_, std::move(head));
  }

 private:
  const AdminServices services_;
};

}  // namespace

AdminTarget ParseAdminTarget(const RequestHead& head) {
  AdminTarget target;
  std::string_view path = head.path();
  path.remove_prefix(std::min(kRoot.size(), path.size()));
  for (const std::string_view part : Split(path, '/')) {
    target.parts.push_back(Decode(part));
  }
  for (const std::string_view part : Split(head.query(), '&')) {
    const std::size_t sign = std::min(part.find('='), part.size());
    target.query.emplace_back(
        Decode(part.substr(0, sign)),
        Decode(part.substr(std::min(sign + 1, part.size()))));
  }
  return target;
}

std::unique_ptr<Handler> NewAdminHandler(AdminServices services) {
  return std::make_unique<AdminHandler>(std::move(services));
}

}  // namespace skerry::cloud
