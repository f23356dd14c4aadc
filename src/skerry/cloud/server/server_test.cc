#include "skerry/cloud/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "skerry/cloud/server/server_test_support.h"

namespace skerry::cloud {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(CloudServerTest, AnAnswerComesAndTheConnectionStays) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Call("GET", "/a?b=c");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "GET /a?b=c");
    EXPECT_EQ(answer->headers.count("connection"), 0);
    EXPECT_EQ(answer->headers.at("server"), "skerry");
    EXPECT_THAT(answer->headers.at("date"), EndsWith(" GMT"));
  }
}

TEST(CloudServerTest, ConnectionCloseAndHttp10AreHonoured) {
  TestCloudServer cloud;
  EXPECT_THAT(
      cloud.Exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
      HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(cloud.Exchange("GET / HTTP/1.0\r\n\r\n"), EndsWith("GET /"));
  RawClient kept = cloud.Connect();
  kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = kept.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("connection"), "keep-alive");
  EXPECT_TRUE(kept.Call("GET", "/again"));
}

TEST(CloudServerTest, PipelinedRequestsAreAnsweredInOrder) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  std::string requests;
  constexpr int kCount = 500;
  for (int i = 0; i < kCount; ++i) {
    requests += "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n" +
                std::to_string(1000 + i);
  }
  std::thread sender([&] { EXPECT_TRUE(client.Send(requests)); });
  for (int i = 0; i < kCount; ++i) {
    const auto answer = client.Read();
    ASSERT_TRUE(answer) << i;
    ASSERT_EQ(answer->body, std::to_string(1000 + i));
  }
  sender.join();
}

TEST(CloudServerTest, ARequestMayComeByteByByte) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  const std::string request =
      "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nT: x\r\n\r\n";
  for (int round = 0; round < 2; ++round) {
    for (const char c : request) ASSERT_TRUE(client.Send({&c, 1}));
    const auto answer = client.Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "abcabcdefghijklmnopqrstuvwxyz");
  }
}

TEST(CloudServerTest, HeadHasALengthAndNoBody) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  const auto answer = client.Call("HEAD", "/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("content-length"), "12345");
  EXPECT_EQ(client.Call("GET", "/y")->body, "GET /y");
}

TEST(CloudServerTest, NoContentHasNoLength) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  EXPECT_EQ(client.Call("DELETE", "/empty")->status, 204);
  EXPECT_EQ(client.Call("GET", "/y")->body, "GET /y");
  EXPECT_THAT(cloud.Exchange("GET /empty HTTP/1.0\r\n\r\n"),
              Not(HasSubstr("Content-Length")));
}

TEST(CloudServerTest, ContinueIsSaidOnlyWhenTheHandlerGoesOn) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  client.Send(
      "PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(client.Read(false)->status, 100);
  client.Send("hello");
  EXPECT_EQ(client.Read()->body, "hello");
  client.Send(
      "PUT /refuse HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  const auto refused = client.Read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  // Nobody can know whether the body comes.
  EXPECT_EQ(refused->headers.at("connection"), "close");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(CloudServerTest, LargeBodiesPassWhole) {
  TestCloudServer cloud;
  const std::string body = cloud.handler.WriteFile(std::size_t{9} << 20);
  std::uint32_t hash = 0;
  for (const char c : body) hash = hash * 31 + static_cast<unsigned char>(c);
  const std::string wanted =
      std::to_string(body.size()) + " bytes, " + std::to_string(hash);
  RawClient client = cloud.Connect();
  EXPECT_EQ(client.Call("PUT", "/count", body)->body, wanted);

  client.Send(
      "PUT /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
      "\r\n\r\n");
  constexpr std::size_t kChunk = 100000;
  for (std::size_t at = 0; at < body.size(); at += kChunk) {
    const std::string chunk = body.substr(at, kChunk);
    std::array<char, 16> size = {};
    std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    ASSERT_TRUE(client.Send(size.data() + chunk + "\r\n"));
  }
  client.Send("0\r\n\r\n");
  EXPECT_EQ(client.Read()->body, wanted);

  EXPECT_EQ(client.Call("GET", "/file")->body, body);
  EXPECT_EQ(client.Call("GET", "/file/half")->body,
            body.substr(body.size() / 2));
  EXPECT_EQ(client.Call("HEAD", "/file")->headers.at("content-length"),
            std::to_string(body.size()));
  EXPECT_EQ(client.Call("GET", "/x")->body, "GET /x");
}

TEST(CloudServerTest, ASlowHandlerHoldsTheSenderBack) {
  TestCloudServer cloud;
  cloud.handler.slow = true;
  RawClient client = cloud.Connect();
  const std::string body(std::size_t{32} << 20, 'x');
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    client.Send("PUT /count HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n");
    client.Send(body);
    sent = true;
  });
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(sent);
  cloud.handler.Open();
  sender.join();
  EXPECT_THAT(client.Read()->body, StartsWith("33554432 bytes"));
}

TEST(CloudServerTest, ASlowReaderHoldsNothingUp) {
  TestCloudServer cloud(
      [](ServerOptions& options) { options.event_thread_count = 1; });
  cloud.handler.WriteFile(std::size_t{8} << 20);
  cloud.handler.big = std::size_t{8} << 20;
  RawClient file(cloud.server->port(), 4096);
  RawClient memory(cloud.server->port(), 4096);
  file.Send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  memory.Send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient other = cloud.Connect();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(other.Call("GET", "/x"));
  EXPECT_EQ(file.Read()->body.size(), std::size_t{8} << 20);
  EXPECT_EQ(memory.Read()->body, std::string(std::size_t{8} << 20, 'b'));
}

TEST(CloudServerTest, AnEarlyAnswerReachesAClientThatStillSends) {
  TestCloudServer cloud;
  for (const std::string path : {"/refuse", "/mid"}) {
    RawClient client = cloud.Connect();
    client.Send("PUT " + path +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
    client.Send(std::string(4000000, 'x'));
    const auto answer = client.Read();
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status / 100, 4);
    EXPECT_EQ(answer->headers.at("connection"), "close");
  }
  // What is left of a small body is read, and the connection stays.
  RawClient client = cloud.Connect();
  client.Send(
      "PUT /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 403);
  client.Send(std::string(9000, 'x'));
  EXPECT_EQ(client.Call("GET", "/x")->body, "GET /x");
}

TEST(CloudServerTest, AClientThatLeavesEndsItsExchange) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  client.Send(
      "PUT /count HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n"
      "abc");
  ASSERT_TRUE(Await([&] { return cloud.handler.written == 3; }));
  EXPECT_EQ(cloud.handler.exchanges, 1);
  client.Close();
  EXPECT_TRUE(Await([&] { return cloud.handler.exchanges == 0; }));
}

TEST(CloudServerTest, AHandlerThatThrowsIsAnError500) {
  TestCloudServer cloud([](ServerOptions&) {});
  RawClient client = cloud.Connect();
  EXPECT_EQ(client.Call("GET", "/throw")->status, 500);
  EXPECT_EQ(client.Call("GET", "/x")->status, 200);
}

TEST(CloudServerTest, AHeaderCannotBeSplit) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  const auto answer = client.Call("GET", "/split");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("x-key"), "a  Set-Cookie: b");
  EXPECT_EQ(answer->headers.count("set-cookie"), 0);
}

TEST(CloudServerTest, ShutdownAnswersWhatIsUnderWay) {
  TestCloudServer cloud;
  RawClient idle = cloud.Connect();
  ASSERT_TRUE(idle.Call("GET", "/x"));
  RawClient busy = cloud.Connect();
  busy.Send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(Await([&] { return cloud.handler.begun == 2; }));
  std::thread shutdown([&] {
    cloud.server->Shutdown(std::chrono::steady_clock::now() +
                           std::chrono::seconds(20));
  });
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_TRUE(Await([&] { return !cloud.Connect().connected(); }));
  cloud.handler.Open();
  const std::string answer = busy.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  shutdown.join();
}

TEST(CloudServerTest, ShutdownEndsAtItsDeadline) {
  TestCloudServer cloud;
  RawClient upload = cloud.Connect();
  upload.Send("PUT /count HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
  RawClient busy = cloud.Connect();
  busy.Send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(Await([&] { return cloud.handler.begun == 2; }));
  cloud.server->Shutdown(std::chrono::steady_clock::now() + milliseconds(50));
  EXPECT_EQ(upload.ReadToEnd(), "");
  EXPECT_EQ(busy.ReadToEnd(), "");
  cloud.handler.Open();
}

TEST(CloudServerTest, RequestsAndBytesAreCounted) {
  TestCloudServer cloud;
  RawClient client = cloud.Connect();
  client.Call("PUT", "/echo", std::string(1000, 'x'));
  client.Call("GET", "/refuse");
  EXPECT_TRUE(Await([&] {
    return cloud.Metric(
               "skerry_http_requests_total{code=\"4xx\","
               "method=\"GET\"}") == 1;
  }));
  EXPECT_EQ(cloud.Metric("skerry_http_requests_total{code=\"2xx\","
                         "method=\"PUT\"}"),
            1);
  EXPECT_GT(cloud.Metric("skerry_http_received_bytes_total"), 1000);
  EXPECT_GT(cloud.Metric("skerry_http_sent_bytes_total"), 1000);
  EXPECT_EQ(cloud.Metric("skerry_http_connections"), 1);
  EXPECT_EQ(cloud.Metric("skerry_http_request_duration_seconds_count"), 2);
}

TEST(CloudServerTest, IdleConnectionsTakeNoTime) {
  TestCloudServer cloud;
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(cloud.Connect());
    ASSERT_TRUE(clients.back().Call("GET", "/x"));
  }
  rusage before = {};
  rusage after = {};
  getrusage(RUSAGE_SELF, &before);
  std::this_thread::sleep_for(milliseconds(300));
  getrusage(RUSAGE_SELF, &after);
  // This thread's sleep is one switch; sanitizers have a thread of their own.
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 10);
}

TEST(CloudServerTest, AnAddressThatCannotBeIsNamed) {
  TestCloudServer cloud;
  ServerOptions options;
  options.address = "127.0.0.1:" + std::to_string(cloud.server->port());
  EXPECT_EQ(Server::Create(options, cloud.handler, cloud.log, cloud.metrics)
                .error()
                .code(),
            ErrorCode::kUnavailable);
  for (const char* address : {"nowhere", "127.0.0.1:x", ":1"}) {
    options.address = address;
    EXPECT_EQ(Server::Create(options, cloud.handler, cloud.log, cloud.metrics)
                  .error()
                  .code(),
              ErrorCode::kInvalidArgument)
        << address;
  }
}

}  // namespace
}  // namespace skerry::cloud
