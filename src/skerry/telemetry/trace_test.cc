#include "skerry/telemetry/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "skerry/http/http_test_server.h"

namespace skerry::telemetry {
namespace {

using nlohmann::json;
using ::testing::MatchesRegex;
using Reply = http::TestServer::Reply;
using std::chrono::steady_clock;

// A collector that keeps what it is sent.
class Collector {
 public:
  std::string endpoint() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }

  // The requests' bodies, once there are `count` spans.
  std::vector<json> WaitForSpans(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30),
                      [&] { return spans_.size() >= count; });
    return spans_;
  }

  std::vector<json> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

  void Answer(const std::string& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }

 private:
  Reply Take(const http::TestServer::Request& request) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/v1/traces");
    EXPECT_EQ(request.header("content-type"), "application/json");
    const json body = json::parse(request.body);
    bodies_.push_back(body);
    for (const json& span :
         body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans")) {
      spans_.push_back(span);
    }
    changed_.notify_all();
    return http::TestServer::Text(status_, "{}");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> bodies_;
  std::vector<json> spans_;
  std::string status_ = "200 OK";
  http::TestServer server_{
      [this](const auto& request) { return Take(request); }};
};

Tracer::Options OptionsFor(const std::string& endpoint) {
  return {.endpoint = endpoint,
          .service_name = "skerry-agent",
          .service_version = "0.1.0",
          .period = std::chrono::milliseconds(10)};
}

Span NamedSpan(const std::string& name) {
  const std::chrono::system_clock::time_point start(std::chrono::seconds(1));
  return {.context = {},
          .name = name,
          .start = start,
          .end = start + std::chrono::microseconds(5)};
}

// Until the thread has dropped what it could not send.
void WaitForDrops(const Tracer& tracer, std::uint64_t count) {
  const auto end = steady_clock::now() + std::chrono::seconds(30);
  while (tracer.dropped_count() < count && steady_clock::now() < end) {
    std::this_thread::yield();
  }
}

TEST(TraceTest, ASpanArrivesAsOpenTelemetrySpellsIt) {
  Collector collector;
  const auto tracer = Tracer::Create(OptionsFor(collector.endpoint())).value();
  Span span = NamedSpan("Predict");
  span.context = *ParseTraceparent(
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  span.failed = true;
  span.attributes = {{"model", "detector"}, {"bytes", "\xff"}};

  tracer->Record(span);
  const json sent = collector.WaitForSpans(1).at(0);

  EXPECT_EQ(sent["traceId"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(sent["parentSpanId"], "b7ad6b7169203331");
  EXPECT_THAT(sent["spanId"].get<std::string>(), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(sent["name"], "Predict");
  EXPECT_EQ(sent["kind"], 2);
  EXPECT_EQ(sent["startTimeUnixNano"], "1000000000");
  EXPECT_EQ(sent["endTimeUnixNano"], "1000005000");
  EXPECT_EQ(sent["status"]["code"], 2);
  EXPECT_EQ(sent["attributes"][0], json::parse(R"({"key": "model",
                            "value": {"stringValue": "detector"}})"));
  EXPECT_EQ(sent["attributes"][1]["value"]["stringValue"], "\xEF\xBF\xBD");
  EXPECT_EQ(collector.bodies()[0]["resourceSpans"][0]["resource"],
            json::parse(R"({"attributes": [
              {"key": "service.name",
               "value": {"stringValue": "skerry-agent"}},
              {"key": "service.version",
               "value": {"stringValue": "0.1.0"}}]})"));
}

TEST(TraceTest, ASpanWithoutAContextStartsATraceOfItsOwn) {
  Collector collector;
  const auto tracer = Tracer::Create(OptionsFor(collector.endpoint())).value();

  tracer->Record(NamedSpan("a"));
  tracer->Record(NamedSpan("b"));
  const auto sent = collector.WaitForSpans(2);

  ASSERT_EQ(sent.size(), 2);
  EXPECT_THAT(sent[0]["traceId"].get<std::string>(),
              MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(sent[0]["traceId"], sent[1]["traceId"]);
  EXPECT_NE(sent[0]["spanId"], sent[1]["spanId"]);
  EXPECT_FALSE(sent[0].contains("parentSpanId"));
  EXPECT_FALSE(sent[0].contains("status"));
}

TEST(TraceTest, ManySpansAreSentInBatchesAndNoneIsLost) {
  Collector collector;
  const auto tracer = Tracer::Create(OptionsFor(collector.endpoint())).value();
  constexpr std::size_t kSpans = 2000;

  for (std::size_t i = 0; i < kSpans; ++i) {
    tracer->Record(NamedSpan(std::to_string(i)));
  }

  std::set<std::string> names;
  for (const json& span : collector.WaitForSpans(kSpans)) {
    names.insert(span["name"].get<std::string>());
  }
  EXPECT_EQ(names.size(), kSpans);
  EXPECT_LT(collector.bodies().size(), kSpans / 10);
  EXPECT_EQ(tracer->dropped_count(), 0);
}

TEST(TraceTest, WhatIsLeftAtTheEndIsSent) {
  Collector collector;
  Tracer::Options options = OptionsFor(collector.endpoint());
  options.period = std::chrono::hours(1);
  auto tracer = Tracer::Create(options).value();
  for (int i = 0; i < 1000; ++i) tracer->Record(NamedSpan("last"));

  tracer.reset();

  EXPECT_EQ(collector.WaitForSpans(1000).size(), 1000);
}

TEST(TraceTest, AFullQueueDropsAndCounts) {
  Collector collector;
  Tracer::Options options = OptionsFor(collector.endpoint());
  options.period = std::chrono::hours(1);
  options.queue_max = 3;
  const auto tracer = Tracer::Create(options).value();

  for (int i = 0; i < 5; ++i) tracer->Record(NamedSpan("a"));

  EXPECT_EQ(tracer->dropped_count(), 2);
}

TEST(TraceTest, SpansAreDroppedAndCountedWhileTheCollectorIsAway) {
  std::string endpoint;
  {
    const Collector gone;
    endpoint = gone.endpoint();
  }
  const auto tracer = Tracer::Create(OptionsFor(endpoint)).value();

  tracer->Record(NamedSpan("a"));
  tracer->Record(NamedSpan("b"));
  WaitForDrops(*tracer, 2);

  EXPECT_EQ(tracer->dropped_count(), 2);
}

TEST(TraceTest, TheCollectorMayRefuseAndBeBackLater) {
  Collector collector;
  collector.Answer("503 Busy");
  const auto tracer = Tracer::Create(OptionsFor(collector.endpoint())).value();
  tracer->Record(NamedSpan("refused"));
  WaitForDrops(*tracer, 1);
  EXPECT_EQ(tracer->dropped_count(), 1);

  collector.Answer("200 OK");
  tracer->Record(NamedSpan("taken"));

  EXPECT_EQ(collector.WaitForSpans(2).at(1)["name"], "taken");
  EXPECT_EQ(tracer->dropped_count(), 1);
}

TEST(TraceTest, ACollectorThatHangsHoldsNobodyUp) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  http::TestServer server([&](const auto&) {
    const std::lock_guard lock(mutex);
    asked = true;
    changed.notify_all();
    return Reply{.hang = true};
  });
  auto tracer = Tracer::Create(OptionsFor("http://127.0.0.1:" +
                                          std::to_string(server.port())))
                    .value();
  tracer->Record(NamedSpan("a"));
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&asked] { return asked; });
  }

  tracer->Record(NamedSpan("b"));
  const auto start = steady_clock::now();
  tracer.reset();

  // A second, and some for a busy machine; but not the timeout of a request.
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(4));
}

TEST(TraceTest, TheSenderDecidesAndOtherwiseTheShare) {
  Collector collector;
  Tracer::Options options = OptionsFor(collector.endpoint());
  const auto share = [&options](double value) {
    options.sample_share = value;
    const auto tracer = Tracer::Create(options).value();
    int wanted = 0;
    for (int i = 0; i < 2000; ++i) wanted += tracer->Wants(std::nullopt);
    EXPECT_TRUE(tracer->Wants(TraceContext{.sampled = true}));
    EXPECT_FALSE(tracer->Wants(TraceContext{.sampled = false}));
    return wanted;
  };

  EXPECT_EQ(share(1), 2000);
  EXPECT_EQ(share(0), 0);
  EXPECT_NEAR(share(0.5), 1000, 200);  // nine standard deviations
}

TEST(TraceTest, AnEndpointThatIsNoUrlIsRefused) {
  for (const char* endpoint : {"localhost:4318", "grpc://a", "http://a/?x=1"}) {
    const auto tracer = Tracer::Create(OptionsFor(endpoint));
    EXPECT_EQ(tracer.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(tracer.error().message(), ::testing::HasSubstr(endpoint));
  }
}

}  // namespace
}  // namespace skerry::telemetry
