#include <gtest/gtest.h>

#include <string>

#include "skerry/http/client.h"

namespace skerry::http {
namespace {

TEST(UrlTest, IsTakenApart) {
  const auto url = ParseUrl("https://Example.COM:8443/a/b?c=d%20e");

  ASSERT_TRUE(url) << url.error().message();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b?c=d%20e");
  EXPECT_EQ(url->authority(), "example.com:8443");
}

TEST(UrlTest, HasTheSchemesPortAndTheRootAsItsTarget) {
  const auto plain = ParseUrl("HTTP://localhost");
  const auto tls = ParseUrl("https://localhost?x=1");

  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(plain->authority(), "localhost");
  EXPECT_EQ(tls->port, 443);
  EXPECT_EQ(tls->target, "/?x=1");
  EXPECT_EQ(tls->authority(), "localhost");
}

TEST(UrlTest, AnIpv6AddressIsInBrackets) {
  const auto url = ParseUrl("http://[::1]:4318/v1");

  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 4318);
  EXPECT_EQ(url->authority(), "[::1]:4318");
}

class BadUrlTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadUrlTest, IsRefused) {
  const auto url = ParseUrl(GetParam());

  ASSERT_FALSE(url) << GetParam();
  EXPECT_EQ(url.error().code(), ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    UrlTest, BadUrlTest,
    ::testing::Values(
        "", "localhost", "localhost:80", "ftp://a", "http:/a", "http://",
        "http:///path", "http://:80", "http://a:", "http://a:0",
        "http://a:65536", "http://a:+1", "http://a:80x", "http://a b/",
        "http://user@a/", "http://a:b@c/", "http://[::1", "http://[]/",
        "http://[a]/", "http://[::1]x/", "http://::1/", "http://a/b c",
        "http://a/\r\nX: y", "http://a/#part", "http://a/%2", "http://a/%zz",
        "http://a/\xff", "http://.a/", "http://-a/", "http://a\\b/",
        std::string("http://a/\0b", 11), "http://" + std::string(254, 'a'),
        "http://a/" + std::string(kUrlBytesMax, 'a')));

}  // namespace
}  // namespace skerry::http
