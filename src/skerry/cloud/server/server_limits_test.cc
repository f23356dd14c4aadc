#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "skerry/cloud/server/server_test_support.h"

namespace skerry::cloud {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

struct BadRequest {
  const char* name;
  std::string bytes;
  int status;
};

TEST(CloudServerLimitsTest, WhatCouldBeReadInTwoWaysIsRefused) {
  const std::string put = "PUT /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = put + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<BadRequest> requests = {
      {"both lengths",
       put + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"both, turned",
       put + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
      {"two lengths",
       put + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"the same length twice",
       put + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"a list of lengths", put + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"a signed length", put + "Content-Length: +3\r\n\r\nabc", 400},
      {"an empty length", put + "Content-Length:\r\n\r\nabc", 400},
      {"a length too large",
       put + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"another coding", put + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"two codings", put + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"a hidden coding",
       put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400},
      {"chunked in 1.0",
       "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a folded line", put + "X: a\r\n b\r\n\r\n", 400},
      {"a folded coding", put + "Transfer-Encoding:\r\n chunked\r\n\r\n", 400},
      {"LF alone", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"LF within", put + "X: a\nContent-Length: 3\r\n\r\n", 400},
      {"CR within", put + "X: a\rb\r\n\r\n", 400},
      {"NUL", put + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"a space before the colon", put + "Content-Length : 3\r\n\r\nabc", 400},
      {"a name of no token", put + "X(: a\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", put + "Host: b\r\n\r\n", 400},
      {"another target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a target with a space", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TLS", std::string("\x16\x03\x01\x00\xa5\x01\r\n\r\n", 10), 400},
      {"another expectation", put + "Expect: tea\r\n\r\n", 417},
      {"a bad chunk", chunked + "x\r\n", 400},
      {"a negative chunk", chunked + "-1\r\n", 400},
      {"a chunk too large", chunked + "fffffffffffffffff\r\n", 400},
      {"a chunk without its end", chunked + "3\r\nabcdef\r\n", 400},
      {"a chunk that ends in LF", chunked + "3\nabc\n0\n\n", 400},
  };
  TestCloudServer cloud;
  for (const BadRequest& request : requests) {
    const std::string answer = cloud.Exchange(request.bytes);
    EXPECT_THAT(answer,
                StartsWith("HTTP/1.1 " + std::to_string(request.status) + " "))
        << request.name;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << request.name;
    // One answer: nothing in it was taken for a second request.
    EXPECT_EQ(answer.find("Date: ", answer.find("Date: ") + 1),
              std::string::npos)
        << request.name;
  }
  EXPECT_EQ(cloud.Connect().Call("GET", "/x")->status, 200);
}

TEST(CloudServerLimitsTest, HeadersAreLimited) {
  TestCloudServer cloud([](ServerOptions& options) {
    options.header_bytes_max = std::size_t{20} << 10;
    options.header_count_max = 10;
  });
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  // Without an end, too: nothing is kept beyond the limit.
  EXPECT_THAT(cloud.Exchange(start + "X: " + std::string(21000, 'x')),
              StartsWith("HTTP/1.1 431 "));
  std::string many = start;
  for (int i = 0; i < 10; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  const std::string refused = cloud.Exchange(many + "\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(refused, HasSubstr("more than 10 headers"));
  EXPECT_THAT(cloud.Exchange("GET /" + std::string(17000, 'x')),
              StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(cloud.Exchange("GET /" + std::string(17000, 'x') +
                             " HTTP/1.1\r\nHost: a\r\n\r\n"),
              StartsWith("HTTP/1.1 414 "));
  RawClient within = cloud.Connect();
  EXPECT_EQ(
      within.Call("GET", "/x", "", "X: " + std::string(19000, 'x') + "\r\n")
          ->status,
      200);
}

TEST(CloudServerLimitsTest, ChunkLinesAndTrailersAreLimited) {
  TestCloudServer cloud(
      [](ServerOptions& options) { options.header_bytes_max = 2000; });
  const std::string start =
      "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(cloud.Exchange(start + "1;" + std::string(3000, 'x')),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(cloud.Exchange(start + "0\r\nX: " + std::string(3000, 'x')),
              StartsWith("HTTP/1.1 400 "));
}

TEST(CloudServerLimitsTest, ConnectionsAreLimited) {
  TestCloudServer cloud(
      [](ServerOptions& options) { options.connection_count_max = 2; });
  RawClient first = cloud.Connect();
  RawClient second = cloud.Connect();
  ASSERT_TRUE(first.Call("GET", "/x"));
  ASSERT_TRUE(second.Call("GET", "/x"));
  RawClient third = cloud.Connect();
  EXPECT_THAT(third.ReadToEnd(), StartsWith("HTTP/1.1 503 "));
  first.Close();
  EXPECT_TRUE(Await([&] {
    const auto answer = cloud.Connect().Call("GET", "/x");
    return answer && answer->status == 200;
  }));
}

TEST(CloudServerLimitsTest, AHeaderThatTricklesTakesItsTimeAndNoMore) {
  TestCloudServer cloud([](ServerOptions& options) {
    options.header_timeout = milliseconds(200);
  });
  RawClient client = cloud.Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
}

TEST(CloudServerLimitsTest, IdleConnectionsAreClosed) {
  TestCloudServer cloud(
      [](ServerOptions& options) { options.idle_timeout = milliseconds(100); });
  RawClient silent = cloud.Connect();
  RawClient used = cloud.Connect();
  ASSERT_TRUE(used.Call("GET", "/x"));
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(used.ReadToEnd(), "");
}

TEST(CloudServerLimitsTest, ABodyThatStopsEnds) {
  TestCloudServer cloud([](ServerOptions& options) {
    options.stall_timeout = milliseconds(200);
  });
  RawClient client = cloud.Connect();
  client.Send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(Await([&] { return cloud.handler.exchanges == 0; }));
  // A byte now and then is no progress.
  RawClient drip = cloud.Connect();
  drip.Send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
  int sent = 0;
  char byte = 0;
  while (sent < 900 &&
         recv(drip.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0) {
    drip.Send("x");
    ++sent;
    usleep(10000);
  }
  EXPECT_LT(sent, 300);
}

TEST(CloudServerLimitsTest, ASlowHandlerIsNotTheClientsFault) {
  TestCloudServer cloud([](ServerOptions& options) {
    options.stall_timeout = milliseconds(100);
    options.idle_timeout = milliseconds(100);
  });
  RawClient client = cloud.Connect();
  client.Send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  usleep(400000);
  cloud.handler.Open();
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST(CloudServerLimitsTest, AnAnswerThatNobodyTakesEnds) {
  TestCloudServer cloud([](ServerOptions& options) {
    options.stall_timeout = milliseconds(200);
  });
  cloud.handler.big = std::size_t{32} << 20;
  RawClient client(cloud.server->port(), 4096);
  client.Send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(
      Await([&] { return cloud.Metric("skerry_http_connections") == 0; }));
}

TEST(CloudServerLimitsTest, AFileThatBecameShorterEndsTheConnection) {
  TestCloudServer cloud;
  cloud.handler.WriteFile(std::size_t{32} << 20);
  RawClient client(cloud.server->port(), 4096);
  client.Send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(
      Await([&] { return cloud.Metric("skerry_http_sent_bytes_total") > 0; }));
  ASSERT_EQ(truncate(cloud.handler.file.c_str(), 10), 0);
  EXPECT_LT(client.ReadToEnd().size(), std::size_t{32} << 20);
}

// UBSan itself wants descriptors when it looks at an object's type.
#if !__has_feature(undefined_behavior_sanitizer)
TEST(CloudServerLimitsTest, WithoutDescriptorsItWaitsForSome) {
  TestCloudServer cloud;
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  RawClient waits = cloud.Connect();
  ASSERT_EQ(waits.Call("GET", "/x")->status, 200);
  RawClient late = cloud.Connect();
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(late.number()) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  std::vector<platform::FileDescriptor> fill;
  while (true) {
    fill.emplace_back(dup(waits.number()));
    if (!fill.back().open()) break;
  }
  EXPECT_EQ(waits.Call("GET", "/x")->status, 200);
  fill.clear();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto answer = late.Call("GET", "/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}
#endif

}  // namespace
}  // namespace skerry::cloud
