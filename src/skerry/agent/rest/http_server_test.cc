#include "skerry/agent/rest/http_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "skerry/agent/rest/allow_list.h"
#include "skerry/agent/rest/rest_test_support.h"
#include "skerry/agent/rest/unix_socket.h"

namespace skerry::agent {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kLive = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpServerTest, AnAnswerComesAndTheConnectionStays) {
  RestServer agent;
  RawClient client = agent.Connect();
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Call("GET", "/v2/health/live");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"live":true})");
    EXPECT_EQ(answer->headers.count("connection"), 0);
  }
}

TEST(HttpServerTest, ConnectionCloseAndHttp10AreHonoured) {
  RestServer agent;
  RawClient close = agent.Connect();
  close.Send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(close.ReadToEnd(), HasSubstr("Connection: close\r\n"));
  RawClient old = agent.Connect();
  old.Send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.ReadToEnd(), HasSubstr("ok\n"));
  RawClient kept = agent.Connect();
  kept.Send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = kept.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("connection"), "keep-alive");
}

TEST(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  RestServer agent;
  RawClient client = agent.Connect();
  std::string requests;
  constexpr int kCount = 500;
  for (int i = 0; i < kCount; ++i) {
    requests +=
        "GET /v2/models/m" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  std::thread sender([&] { EXPECT_TRUE(client.Send(requests)); });
  for (int i = 0; i < kCount; ++i) {
    const auto answer = client.Read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 404);
    EXPECT_THAT(answer->body, HasSubstr("m" + std::to_string(i)));
  }
  sender.join();
}

TEST(HttpServerTest, ARequestMayComeByteByByte) {
  RestServer agent;
  RawClient client = agent.Connect();
  const std::string request =
      "POST /v2/repository/index HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 2\r\n\r\n{}";
  for (const char byte : request) {
    ASSERT_TRUE(client.Send({&byte, 1}));
  }
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "[]");
}

TEST(HttpServerTest, ChunkedBodiesAndContinueAreRead) {
  RestServer agent;
  RawClient client = agent.Connect();
  client.Send(
      "POST /v2/repository/index HTTP/1.1\r\nHost: a\r\n"
      "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  const auto go_on = client.Read(false);
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  client.Send("6\r\n{\"read\r\n9\r\ny\":false}\r\n0\r\n\r\n");
  const auto answer = client.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
  client.Send(
      "POST /v2/repository/index HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_EQ(client.Read(false)->status, 100);
  client.Send("{}");
  EXPECT_EQ(client.Read()->status, 200);
}

TEST(HttpServerTest, AHeaderBombIsRefused) {
  RestServer agent;
  RawClient client = agent.Connect();
  client.Send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
  client.Send(std::string(64 << 10, 'x'));
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 431 "));
  RawClient many = agent.Connect();
  std::string headers = "GET /healthz HTTP/1.1\r\n";
  for (int i = 0; i < 4000; ++i) {
    headers += "X" + std::to_string(i) + ": y\r\n";
  }
  many.Send(headers);
  EXPECT_THAT(many.ReadToEnd(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerTest, ABodyBombIsRefusedAndTheClientSeesTheAnswer) {
  RestServer agent(
      [](HttpServer::Options& options) { options.body_bytes_max = 1 << 20; });
  RawClient claims = agent.Connect();
  claims.Send(
      "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 99999999999\r\n\r\n");
  claims.EndOutput();
  EXPECT_THAT(claims.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  RawClient endless = agent.Connect();
  endless.Send(
      "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  for (int i = 0; i < 32 && endless.Send(chunk); ++i) {
  }
  EXPECT_THAT(endless.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerTest, AChunkLineWithoutEndIsRefused) {
  RestServer agent;
  RawClient client = agent.Connect();
  client.Send(
      "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1;");
  client.Send(std::string(64 << 10, 'x'));
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 4"));
}

TEST(HttpServerTest, TooManyLargeBodiesAtOnceAreAskedToComeAgain) {
  RestServer agent;
  const std::string head =
      "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " +
      std::to_string(64 << 20) + "\r\n\r\n";
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(agent.Connect());
    clients.back().Send(head);
    // Each is counted before the next one comes.
    EXPECT_EQ(agent.Connect().Call("GET", "/healthz")->status, 200);
  }
  clients.back().EndOutput();
  EXPECT_THAT(clients.back().ReadToEnd(), StartsWith("HTTP/1.1 503 "));
}

TEST(HttpServerTest, SlowClientsAreCutOffAndHoldNobodyUp) {
  RestServer agent([](HttpServer::Options& options) {
    options.header_timeout = milliseconds(200);
    options.idle_timeout = milliseconds(400);
  });
  std::vector<RawClient> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(agent.Connect());
    slow.back().Send("GET /healthz HTTP/1.1\r\nX:");
  }
  RawClient silent = agent.Connect();
  RawClient half_preface = agent.Connect();
  half_preface.Send("PRI * HT");
  RawClient body = agent.Connect();
  body.Send(
      "POST /v2/repository/index HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 9\r\n\r\n{");
  EXPECT_EQ(agent.Connect().Call("GET", "/healthz")->status, 200);
  for (RawClient& client : slow) {
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
  }
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(half_preface.ReadToEnd(), "");
  EXPECT_THAT(body.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServerTest, IdleConnectionsEnd) {
  RestServer agent([](HttpServer::Options& options) {
    options.idle_timeout = milliseconds(100);
  });
  RawClient client = agent.Connect();
  ASSERT_EQ(client.Call("GET", "/healthz")->status, 200);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(HttpServerTest, Http2IsHandedOnWithItsBytesAndItsPeer) {
  RestServer agent;
  RawClient whole = agent.Connect();
  whole.Send(kPreface);
  RawClient torn = agent.Connect();
  torn.Send(kPreface.substr(0, 5));
  EXPECT_EQ(agent.Connect().Call("GET", "/healthz")->status, 200);
  torn.Send(kPreface.substr(5));
  ASSERT_TRUE(Await([&] {
    const std::lock_guard lock(agent.mutex);
    return agent.adopted.size() == 2;
  }));
  const std::lock_guard lock(agent.mutex);
  for (const auto& [connection, peer] : agent.adopted) {
    std::array<char, 64> bytes = {};
    const ssize_t count =
        recv(connection.number(), bytes.data(), bytes.size(), 0);
    EXPECT_EQ(std::string_view(bytes.data(), static_cast<std::size_t>(count)),
              kPreface);
    EXPECT_EQ(peer.process, getpid());
    EXPECT_EQ(peer.user, getuid());
    EXPECT_NE(fcntl(connection.number(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(fcntl(connection.number(), F_GETFL) & O_NONBLOCK, 0);
  }
}

TEST(HttpServerTest, WhatIsNoHttpIsRefused) {
  RestServer agent;
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string("hello\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET /\r\n\r\n"), std::string(1000, '\0'),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"),
        std::string("PRINT / HTTP/1.1\r\n\r\n")}) {
    RawClient client = agent.Connect();
    client.Send(bytes);
    client.EndOutput();
    EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 4")) << bytes;
  }
}

TEST(HttpServerTest, AHalfClosedClientStillGetsItsAnswer) {
  RestServer agent;
  RawClient client = agent.Connect();
  client.Send(kLive);
  client.EndOutput();
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("ok\n"));
}

TEST(HttpServerTest, ProcessesThatAreNotAllowedAreRefused) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to be another user";
  }
  RestServer agent([](HttpServer::Options& options) {
    options.socket_mode = 0666;
    options.users_allowed = {54321};
    options.groups_allowed = {54322};
  });
  ASSERT_EQ(
      chmod(
          agent.socket_path().substr(0, agent.socket_path().rfind('/')).c_str(),
          0755),
      0);
  const auto status_as = [&](uid_t user, gid_t group) {
    const pid_t child = fork();
    if (child == 0) {
      if (setgid(group) != 0 || setuid(user) != 0) {
        _exit(1);
      }
      RawClient client = agent.Connect();
      const auto answer = client.Call("GET", "/healthz");
      _exit(answer ? answer->status / 10 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) * 10;
  };
  EXPECT_EQ(status_as(54321, 1), 200);
  EXPECT_EQ(status_as(1, 54322), 200);
  EXPECT_EQ(status_as(1, 1), 400);  // 403, in tens
  EXPECT_EQ(agent.Connect().Call("GET", "/healthz")->status, 200);
}

TEST(HttpServerTest, ShutdownAnswersWhatIsUnderWayAndRemovesTheSocket) {
  RestServer agent;
  ASSERT_TRUE(agent.Load("gate", MakeGateModel()));
  GatedRequest first(*agent.store.models, "gate");
  first.AwaitStart(agent.store.metrics);
  RawClient idle = agent.Connect();
  ASSERT_EQ(idle.Call("GET", "/healthz")->status, 200);
  RawClient busy = agent.Connect();
  const std::string body =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[4]},)"
      R"({"name":"gate","datatype":"UINT8","shape":[1],"data":[1]}]})";
  busy.Send("POST /v2/models/gate/infer HTTP/1.1\r\nHost: a\r\n" +
            ("Content-Length: " + std::to_string(body.size())) + "\r\n\r\n" +
            body);
  ASSERT_TRUE(Await([&] {
    return MetricValue(agent.store.metrics,
                       "skerry_inference_pending_requests") > 0;
  }));
  std::thread shutdown([&] {
    agent.server->Shutdown(std::chrono::steady_clock::now() +
                           std::chrono::seconds(20));
  });
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_NE(access(agent.socket_path().c_str(), F_OK), 0);
  EXPECT_FALSE(agent.Connect().connected());
  first.Open();
  const std::string answer = busy.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  shutdown.join();
}

TEST(HttpServerTest, ShutdownEndsAtItsDeadline) {
  RestServer agent;
  ASSERT_TRUE(agent.Load("gate", MakeGateModel()));
  GatedRequest first(*agent.store.models, "gate");
  first.AwaitStart(agent.store.metrics);
  RawClient busy = agent.Connect();
  busy.Send("POST /v2/models/gate/infer HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
  agent.server->Shutdown(std::chrono::steady_clock::now() + milliseconds(50));
  EXPECT_EQ(busy.ReadToEnd(), "");
  agent.server.reset();  // with a request in the store
}

TEST(HttpServerTest, AnIdleServerTakesNoTime) {
  RestServer agent;
  RawClient client = agent.Connect();
  ASSERT_EQ(client.Call("GET", "/healthz")->status, 200);
  rusage before = {};
  rusage after = {};
  getrusage(RUSAGE_SELF, &before);
  std::this_thread::sleep_for(milliseconds(300));
  getrusage(RUSAGE_SELF, &after);
  // This thread's sleep is one switch.
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 3);
}

// UBSan itself wants descriptors when it looks at an object's type.
#if !__has_feature(undefined_behavior_sanitizer)
TEST(HttpServerTest, WithoutDescriptorsItWaitsForSome) {
  RestServer agent;
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  RawClient waits = agent.Connect();
  ASSERT_EQ(waits.Call("GET", "/healthz")->status, 200);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(waits.number()) + 2;
  RawClient late = agent.Connect();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  std::vector<platform::FileDescriptor> fill;
  while (true) {
    fill.emplace_back(dup(waits.number()));
    if (!fill.back().open()) {
      break;
    }
  }
  late.Send(kLive);
  EXPECT_EQ(waits.Call("GET", "/healthz")->status, 200);
  fill.clear();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto answer = late.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}
#endif

TEST(HttpServerTest, AServerThatCannotStartLeavesNothingBehind) {
  RestServer agent;
  const auto create = [&](const HttpServer::Options& options) {
    return HttpServer::Create(options,
                              Services{.models = *agent.store.models,
                                       .repository = *agent.repository,
                                       .regions = *agent.regions,
                                       .capture = nullptr,
                                       .metrics = agent.store.metrics,
                                       .log = agent.store.log,
                                       .tracer = nullptr,
                                       .version = "0.1.0",
                                       .ready = agent.ready},
                              {});
  };
  HttpServer::Options options;
  options.socket_path = agent.socket_path();
  EXPECT_EQ(create(options).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(agent.Connect().Call("GET", "/healthz")->status, 200);
  options.socket_path += "2";
  for (const char* address : {"nowhere", "127.0.0.1:x", ":1"}) {
    options.tcp_address = address;
    EXPECT_EQ(create(options).error().code(), ErrorCode::kInvalidArgument)
        << address;
    EXPECT_NE(access(options.socket_path.c_str(), F_OK), 0);
  }
}

class UnixSocketTest : public testing::Test {
 protected:
  platform::TempDirectory folder_ =
      *platform::TempDirectory::Create("unix_socket");
  std::string path_ = folder_.Join("s");
};

TEST_F(UnixSocketTest, ItHasTheModeAndGoesWithTheObject) {
  {
    const auto made = UnixSocket::Listen(path_, false, 0660);
    ASSERT_TRUE(made) << made.error().message();
    struct stat found = {};
    ASSERT_EQ(lstat(path_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0660);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
  }
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, WhatIsThereIsOnlyReplacedOnDemand) {
  auto first = UnixSocket::Listen(path_, false, 0600);
  ASSERT_TRUE(first);
  const auto second = UnixSocket::Listen(path_, false, 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(second.error().message(), HasSubstr("-f"));
  auto third = UnixSocket::Listen(path_, true, 0600);
  ASSERT_TRUE(third);
  first->RemovePath();  // it is another's now
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
  EXPECT_TRUE(RawClient(path_).connected());
}

TEST_F(UnixSocketTest, OnlySocketsAreReplaced) {
  std::ofstream(path_) << "precious";
  const auto made = UnixSocket::Listen(path_, true, 0600);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, PathsThatCannotBeAreNamed) {
  const auto lost = UnixSocket::Listen(folder_.Join("no/s"), false, 0600);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(lost.error().message(), HasSubstr(folder_.Join("no")));
  const auto longest =
      UnixSocket::Listen(folder_.Join(std::string(200, 's')), false, 0600);
  ASSERT_FALSE(longest);
  EXPECT_EQ(longest.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(longest.error().message(), HasSubstr("107"));
  EXPECT_FALSE(UnixSocket::Listen("", false, 0600));
}

TEST(AllowListTest, EmptyAdmitsAllAndTheOwnUserIsAlwaysIn) {
  const platform::FileDescriptor none;
  const Peer stranger{.process = 1, .user = 77, .group = 88};
  EXPECT_TRUE(AllowList({}, {}).Admits(stranger, none));
  EXPECT_FALSE(AllowList({78}, {}).Admits(stranger, none));
  EXPECT_TRUE(AllowList({77}, {}).Admits(stranger, none));
  EXPECT_TRUE(AllowList({}, {88}).Admits(stranger, none));
  EXPECT_TRUE(
      AllowList({78}, {}).Admits({.process = 1, .user = 0, .group = 0}, none));
  EXPECT_TRUE(AllowList({78}, {}).Admits(
      {.process = 1, .user = geteuid(), .group = 1}, none));
}

}  // namespace
}  // namespace skerry::agent
