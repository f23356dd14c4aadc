#include "skerry/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "skerry/http/http_test_server.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::http {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;
using Reply = TestServer::Reply;

std::unique_ptr<Client> Connect(int port, ClientOptions options = {}) {
  const auto url = ParseUrl("http://127.0.0.1:" + std::to_string(port));
  return Client::Create(*url, std::move(options)).value();
}

// What was asked, in the answer's body.
Reply Echo(const TestServer::Request& request) {
  return TestServer::Text("200 OK", request.method + " " + request.target +
                                        " " + request.header("host") + " " +
                                        request.header("content-length") + " " +
                                        request.header("x") + " " +
                                        request.body);
}

TEST(ClientTest, ARequestAndItsResponseArriveWhole) {
  TestServer server(Echo);
  const auto client = Connect(server.port());

  const auto response = client->Send({.method = "POST",
                                      .target = "/a?b=c",
                                      .headers = {{"X", "y z"}},
                                      .body = "body"});

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST /a?b=c 127.0.0.1:" +
                                std::to_string(server.port()) + " 4 y z body");
}

TEST(ClientTest, AUnixSocketTakesThePlaceOfTheHost) {
  const auto folder = platform::TempDirectory::Create("http").value();
  const std::string path = folder.path() + "/socket";
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address),
            0);
  ASSERT_EQ(listen(listener, 1), 0);
  std::string asked(4096, '\0');
  std::jthread server([&] {
    const int peer = accept(listener, nullptr, nullptr);
    const ssize_t count = read(peer, asked.data(), asked.size());
    asked.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    const std::string_view reply =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    (void)!write(peer, reply.data(), reply.size());
    close(peer);
  });
  const auto url = ParseUrl("http://agent");
  const auto client = Client::Create(*url, {.unix_socket = path}).value();

  const auto response = client->Send({.target = "/v2"});
  server.join();
  close(listener);

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "hi");
  EXPECT_THAT(asked, HasSubstr("GET /v2 HTTP/1.1\r\nHost: agent\r\n"));
}

TEST(ClientTest, ASocketThatIsNotThereIsUnavailable) {
  const auto url = ParseUrl("http://agent");
  const auto client =
      Client::Create(*url, {.unix_socket = "/nonexistent/socket"}).value();
  EXPECT_EQ(client->Send({.target = "/"}).error().code(),
            ErrorCode::kUnavailable);
  EXPECT_EQ(Client::Create(*url, {.unix_socket = std::string(200, 'x')})
                .error()
                .code(),
            ErrorCode::kInvalidArgument);
}

TEST(ClientTest, AHostIsLookedUpByName) {
  TestServer server(Echo);
  const auto url =
      ParseUrl("http://localhost:" + std::to_string(server.port()));
  const auto client = Client::Create(*url, {}).value();

  const auto response = client->Send({.target = "/"});

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_THAT(response->body, HasSubstr("GET / localhost:"));
}

TEST(ClientTest, AnyStatusIsAResultAndHeadersAreKept) {
  TestServer server([](const auto&) {
    return Reply{.bytes =
                     "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n"
                     "Content-Length: 0\r\n\r\n"};
  });

  const auto response = Connect(server.port())->Send({.target = "/"});

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 503);
  EXPECT_THAT(response->headers, Contains(Pair("Retry-After", "7")));
}

TEST(ClientTest, OneConnectionServesManyRequests) {
  TestServer server(Echo);
  const auto client = Connect(server.port());

  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client->Send({.target = "/"}));

  EXPECT_EQ(server.connection_count(), 1);
}

TEST(ClientTest, AConnectionThatTheServerClosedIsRenewed) {
  TestServer server([](const auto&) {
    Reply reply = TestServer::Text("200 OK", "last words");
    reply.close = true;
    return reply;
  });
  const auto client = Connect(server.port());

  for (int i = 0; i < 3; ++i) {
    // The server's end may or may not be here yet: both must work.
    const auto response = client->Send({.method = "PUT", .target = "/"});
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "last words");
  }
  EXPECT_EQ(server.connection_count(), 3);
}

TEST(ClientTest, ADroppedRequestIsRepeatedUnlessItMightBeDoneTwice) {
  std::atomic<int> count = 0;
  TestServer server([&count](const auto& request) {
    // Every second request is read, and then dropped.
    if (++count % 2 == 0) return Reply{.close = true};
    return Echo(request);
  });
  const auto client = Connect(server.port());

  ASSERT_TRUE(client->Send({.method = "PUT", .target = "/"}));
  EXPECT_TRUE(client->Send({.method = "PUT", .target = "/"}));
  EXPECT_EQ(count, 3);
  const auto post = client->Send({.method = "POST", .target = "/"});

  EXPECT_EQ(post.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(count, 4);
}

TEST(ClientTest, ASlowServerIsGivenUpAtTheDeadline) {
  TestServer server([](const auto&) { return Reply{.hang = true}; });
  const auto client =
      Connect(server.port(), {.timeout = std::chrono::milliseconds(50)});
  const auto start = std::chrono::steady_clock::now();

  const auto response = client->Send({.target = "/"});

  EXPECT_EQ(response.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(response.error().message(), HasSubstr("http://127.0.0.1:"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(ClientTest, ARequestEndsWhenAStopIsRequested) {
  std::stop_source stop;
  TestServer server([&stop](const auto&) {
    stop.request_stop();  // the request is under way
    return Reply{.hang = true};
  });
  const auto client = Connect(server.port(), {.stop = stop.get_token()});

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client->Send({.target = "/"}).error().code(),
              ErrorCode::kCancelled);
  }
}

TEST(ClientTest, AServerThatStopsHalfwayIsGivenUpAtTheDeadline) {
  TestServer server([](const auto&) {
    return Reply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                 .hang = true};
  });
  const auto client =
      Connect(server.port(), {.timeout = std::chrono::milliseconds(50)});

  EXPECT_EQ(client->Send({.target = "/"}).error().code(),
            ErrorCode::kDeadlineExceeded);
}

TEST(ClientTest, AServerThatEndsHalfwayIsUnavailable) {
  TestServer server([](const auto&) {
    return Reply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                 .close = true};
  });

  EXPECT_EQ(Connect(server.port())->Send({.target = "/"}).error().code(),
            ErrorCode::kUnavailable);
}

TEST(ClientTest, TooLongAResponseIsRefused) {
  const auto send = [](const std::string& bytes) {
    TestServer server(
        [&bytes](const auto&) { return Reply{.bytes = bytes, .close = true}; });
    return Connect(server.port(), {.response_bytes_max = 100})
        ->Send({.target = "/"});
  };
  const std::string body(101, 'a');

  const auto claimed =
      send("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n");
  const auto chunked =
      send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
           body + "\r\n0\r\n\r\n");
  const auto endless = send("HTTP/1.1 200 OK\r\n\r\n" + body);
  const auto header =
      send("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
  const auto fitting = send("HTTP/1.1 200 OK\r\n\r\n" + body.substr(1));

  for (const auto* response : {&claimed, &chunked, &endless, &header}) {
    ASSERT_FALSE(*response);
    EXPECT_EQ(response->error().code(), ErrorCode::kResourceExhausted)
        << response->error().message();
  }
  ASSERT_TRUE(fitting) << fitting.error().message();
  EXPECT_EQ(fitting->body, body.substr(1));
}

TEST(ClientTest, WhatIsNoHttpIsUnavailable) {
  TestServer server([](const auto&) {
    return Reply{.bytes = "SSH-2.0-OpenSSH\r\n\r\n", .close = true};
  });

  EXPECT_EQ(Connect(server.port())->Send({.target = "/"}).error().code(),
            ErrorCode::kUnavailable);
}

TEST(ClientTest, InterimResponsesAreSkipped) {
  TestServer server([](const auto&) {
    return Reply{.bytes = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" +
                          TestServer::Text("200 OK", "real").bytes};
  });

  const auto response = Connect(server.port())->Send({.target = "/"});

  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "real");
}

TEST(ClientTest, BytesThatNobodyAskedForAreNotTheNextResponse) {
  TestServer server([](const auto&) {
    const std::string good = TestServer::Text("200 OK", "good").bytes;
    return Reply{.bytes = good + TestServer::Text("200 OK", "evil").bytes};
  });
  const auto client = Connect(server.port());

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client->Send({.target = "/"})->body, "good");
  }
  EXPECT_EQ(server.connection_count(), 2);
}

TEST(ClientTest, AHeadHasNoBody) {
  TestServer server([](const auto&) {
    return Reply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"};
  });
  const auto client = Connect(server.port());

  for (int i = 0; i < 2; ++i) {
    const auto response = client->Send({.method = "HEAD", .target = "/"});
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->body, "");
  }
}

TEST(ClientTest, NobodyAtThePortIsUnavailable) {
  int port = 0;
  {
    const TestServer gone(Echo);
    port = gone.port();
  }

  const auto response = Connect(port)->Send({.target = "/"});

  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(
      response.error().message(),
      "http://127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST(ClientTest, ARequestThatWouldSmuggleAnotherIsRefused) {
  const auto client = Connect(1);

  for (const Request& request :
       {Request{.method = "GET /x", .target = "/"}, Request{.method = ""},
        Request{.target = "no-slash"}, Request{.target = "/a b"},
        Request{.target = "/\r\n"},
        Request{.target = "/", .headers = {{"A", "b\r\nC: d"}}},
        Request{.target = "/", .headers = {{"A: b\r\nC", "d"}}}}) {
    EXPECT_EQ(client->Send(request).error().code(),
              ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace skerry::http
