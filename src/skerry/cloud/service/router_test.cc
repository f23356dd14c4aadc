#include "skerry/cloud/service/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "skerry/cloud/service/answer.h"
#include "skerry/cloud/service/status_handler.h"

namespace skerry::cloud {
namespace {

using testing::HasSubstr;

class Named final : public Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  std::unique_ptr<Exchange> NewExchange(RequestHead) override {
    return NewAnswer(TextResponse(200, name_));
  }

 private:
  std::string name_;
};

std::string BodyOf(Handler& handler, RequestHead head) {
  const auto response = handler.NewExchange(std::move(head))->Begin();
  return response ? std::get<std::string>(response->body) : "no answer";
}

RequestHead Head(const std::string& method, const std::string& target,
                 http::Headers headers = {}) {
  return {.method = method,
          .target = target,
          .headers = std::move(headers),
          .content_length = 0,
          .peer = "",
          .tls = false};
}

RequestHead Signed(const std::string& service, const std::string& target) {
  return Head(
      "GET", target,
      {{"authorization",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/" + service +
            "/aws4_request, SignedHeaders=host, Signature=00"}});
}

class RouterTest : public testing::Test {
 protected:
  std::string Answerer(RequestHead head) {
    return BodyOf(*router_, std::move(head));
  }

  Named status_{"status"}, admin_{"admin"}, jobs_{"jobs"}, s3_{"s3"},
      sagemaker_{"sagemaker"}, sts_{"sts"};
  std::unique_ptr<Handler> router_ = NewRouter({.status = &status_,
                                                .admin = &admin_,
                                                .jobs = &jobs_,
                                                .s3 = &s3_,
                                                .sagemaker = &sagemaker_,
                                                .sts = &sts_});
};

TEST_F(RouterTest, TheSignaturesServiceDecides) {
  EXPECT_EQ(Answerer(Signed("s3", "/bucket/key")), "s3");
  EXPECT_EQ(Answerer(Signed("sagemaker", "/")), "sagemaker");
  EXPECT_EQ(Answerer(Signed("sts", "/")), "sts");
  EXPECT_EQ(Answerer(Signed("skerry", "/skerry/v1/admin/keys")), "admin");
  EXPECT_EQ(Answerer(Signed("skerry", "/skerry/v1/jobs/lease")), "jobs");
  EXPECT_EQ(Answerer(Head("GET",
                          "/b/k?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%"
                          "2Fs3%2Faws4_request&X-Amz-Signature=0")),
            "s3");
}

TEST_F(RouterTest, BucketsMayBeCalledLikeOurPaths) {
  EXPECT_EQ(Answerer(Signed("s3", "/metrics")), "s3");
  EXPECT_EQ(Answerer(Signed("s3", "/skerry/v1/admin/keys")), "s3");
}

TEST_F(RouterTest, WhatIsNotSignedIsToldByPathAndHeaders) {
  EXPECT_EQ(Answerer(Head("GET", "/healthz")), "status");
  EXPECT_EQ(Answerer(Head("GET", "/metrics?x=y")), "status");
  EXPECT_EQ(Answerer(Head("GET", "/")), "status");
  EXPECT_EQ(Answerer(Head("POST", "/", {{"x-amz-target", "SageMaker.X"}})),
            "sagemaker");
  EXPECT_EQ(Answerer(Head("POST", "/SendHeartbeat")), "sagemaker");
  EXPECT_EQ(Answerer(Head("POST", "/endpoints/a/invocations")), "sagemaker");
  EXPECT_EQ(Answerer(Head("POST", "/")), "sts");
  EXPECT_EQ(Answerer(Head("GET", "/skerry/v1/admin/keys")), "admin");
  EXPECT_EQ(Answerer(Head("GET", "/bucket/key")), "s3");
  EXPECT_EQ(Answerer(Head("PUT", "/bucket/key")), "s3");
}

TEST_F(RouterTest, OtherServicesAreNamed) {
  EXPECT_THAT(Answerer(Signed("ec2", "/")), HasSubstr("'ec2'"));
  EXPECT_THAT(Answerer(Signed("skerry", "/other")), HasSubstr("'skerry'"));
  const auto alone = NewRouter({.status = &status_});
  EXPECT_THAT(BodyOf(*alone, Signed("s3", "/")), HasSubstr("'s3'"));
}

TEST_F(RouterTest, AScopeThatIsNoneIsNoSignature) {
  for (const char* text :
       {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=/", "AWS4-HMAC-SHA256 Credential=a/b",
        "Basic Credential=A/20260101/us-east-1/sts/aws4_request"}) {
    EXPECT_EQ(SignedService(Head("GET", "/", {{"authorization", text}})), "")
        << text;
  }
}

TEST(StatusHandlerTest, ReadinessIsAskedOnceASecond) {
  telemetry::Registry metrics;
  int asked = 0;
  const auto handler = NewStatusHandler({.version = "1",
                                         .metrics_token = "",
                                         .check = [&]() -> Result<void> {
                                           ++asked;
                                           return Unavailable("secret");
                                         }},
                                        metrics);
  for (int i = 0; i < 5; ++i) {
    const std::string body = BodyOf(*handler, Head("GET", "/readyz"));
    EXPECT_THAT(body, HasSubstr("not ready: UNAVAILABLE"));
    EXPECT_THAT(body, testing::Not(HasSubstr("secret")));
  }
  EXPECT_LE(asked, 2);
  EXPECT_EQ(BodyOf(*handler, Head("GET", "/healthz")), "ok\n");
}

TEST(StatusHandlerTest, OnlyReadingIsPossible) {
  telemetry::Registry metrics;
  const auto handler = NewStatusHandler({}, metrics);
  const auto response = handler->NewExchange(Head("POST", "/healthz"))->Begin();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 405);
}

}  // namespace
}  // namespace skerry::cloud
