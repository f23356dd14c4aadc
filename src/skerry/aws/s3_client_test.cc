#include "skerry/aws/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "skerry/aws/s3_test_server.h"

namespace skerry::aws {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(S3ClientTest, ObjectsArriveSigned) {
  S3TestServer server;
  const auto client = server.NewClient();
  const std::string large(std::size_t{3} << 20, '\x80');

  ASSERT_TRUE(client->Put("b", "a/b.jsonl", "{}\n", "text/plain").has_value());
  ASSERT_TRUE(client->Put("b", "a b+c=\u00e4", large, "image/x").has_value());
  ASSERT_TRUE(client->Put("b", "empty", "", "text/plain").has_value());

  EXPECT_THAT(server.objects(),
              UnorderedElementsAre(Pair("/b/a/b.jsonl", "{}\n"),
                                   Pair("/b/a%20b%2Bc%3D%C3%A4", large),
                                   Pair("/b/empty", "")));
}

TEST(S3ClientTest, AnErrorHasS3sWordsAndNamesTheObject) {
  S3TestServer server;
  server.set_intercept([](const std::string&) {
    return S3TestServer::Refusal("403 Forbidden", "AccessDenied");
  });

  const auto put = server.NewClient()->Put("b", "k", "x", "text/plain");

  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(put.error().message(),
            "cannot put b/k: S3 answered 403 AccessDenied: told by a test");
}

TEST(S3ClientTest, AWrongSecretIsToldByTheServer) {
  S3TestServer server;
  const auto client = S3Client::Create(
      {.endpoint = server.endpoint(), .region = "eu-test-1", .ca_file = {}},
      [] { return Result<Credentials>(Credentials{"id", "wrong", ""}); });
  ASSERT_TRUE(client.has_value());

  const auto put = (*client)->Put("b", "k", "x", "text/plain");

  ASSERT_FALSE(put.has_value());
  EXPECT_THAT(put.error().message(), HasSubstr("SignatureDoesNotMatch"));
}

TEST(S3ClientTest, AServerThatIsGoneIsUnavailableAndFoundAgain) {
  S3TestServer server;
  const auto client = server.NewClient();
  ASSERT_TRUE(client->Put("b", "k", "1", "text/plain").has_value());

  server.GoOffline();
  const auto put = client->Put("b", "k", "2", "text/plain");
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::kUnavailable)
      << put.error().message();

  server.set_intercept(nullptr);
  EXPECT_TRUE(client->Put("b", "k", "3", "text/plain").has_value());
}

TEST(S3ClientTest, MissingCredentialsAreToldBeforeAnythingIsSent) {
  S3TestServer server;
  const auto client = S3Client::Create(
      {.endpoint = server.endpoint(), .ca_file = {}},
      [] { return Result<Credentials>(FailedPrecondition("no credentials")); });
  ASSERT_TRUE(client.has_value());

  const auto put = (*client)->Put("b", "k", "x", "text/plain");

  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(server.request_count(), 0);
}

TEST(S3ClientTest, ABadEndpointIsAnError) {
  for (const std::string endpoint : {"", "s3.amazonaws.com", "ftp://h"}) {
    const auto client = S3Client::Create({.endpoint = endpoint, .ca_file = {}},
                                         EnvironmentCredentials());
    ASSERT_FALSE(client.has_value()) << endpoint;
    EXPECT_THAT(client.error().message(), HasSubstr("S3 endpoint"));
  }
}

}  // namespace
}  // namespace skerry::aws
