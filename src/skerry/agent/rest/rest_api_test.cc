#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "skerry/agent/rest/rest_test_support.h"

namespace skerry::agent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class RestApiTest : public testing::Test {
 protected:
  RestApiTest() { EXPECT_TRUE(agent_.Load("scale", MakeScaleModel(2))); }

  RawResponse Get(const std::string& path) {
    return *agent_.Connect().Call("GET", path);
  }
  RawResponse Post(const std::string& path, const std::string& body = "") {
    return *agent_.Connect().Call("POST", path, body);
  }
  json GetJson(const std::string& path) {
    const RawResponse answer = Get(path);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }

  RestServer agent_;
};

/// A model's answer as JSON, and its `y`.
std::vector<float> Y(const RawResponse& answer) {
  EXPECT_EQ(answer.status, 200) << answer.body;
  return json::parse(answer.body)["outputs"][0]["data"]
      .get<std::vector<float>>();
}

TEST_F(RestApiTest, TheServerTellsWhatItIs) {
  const json metadata = GetJson("/v2");
  EXPECT_EQ(metadata["name"], "skerry-agent");
  EXPECT_EQ(metadata["version"], "0.1.0");
  EXPECT_TRUE(metadata["extensions"].is_array());
  EXPECT_EQ(GetJson("/v2/health/live")["live"], true);
  EXPECT_EQ(GetJson("/v2/health/ready")["ready"], true);
  EXPECT_EQ(Get("/readyz").status, 200);
  agent_.ready = false;
  EXPECT_EQ(Get("/v2/health/ready").status, 503);
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(RestApiTest, AModelTellsItsTensors) {
  const json model = GetJson("/v2/models/scale");
  EXPECT_EQ(model["name"], "scale");
  EXPECT_EQ(model["versions"], json::array({"1"}));
  EXPECT_EQ(model["inputs"][0].dump(),
            R"({"datatype":"FP32","name":"x","shape":[1,3]})");
  EXPECT_EQ(model["outputs"].size(), 2);
  EXPECT_EQ(GetJson("/v2/models/scale/versions/1")["name"], "scale");
  EXPECT_EQ(GetJson("/v2/models/scale/ready")["ready"], true);
  EXPECT_EQ(GetJson("/v2/models")["models"], json::array({"scale"}));
  const json config = GetJson("/v2/models/scale/config");
  EXPECT_EQ(config["max_batch_size"], 0);
  EXPECT_EQ(config["input"][0]["data_type"], "TYPE_FP32");
  EXPECT_EQ(config["instance_group"][0]["count"], 1);
  for (const std::string path :
       {"/v2/models/none", "/v2/models/none/ready", "/v2/models/none/config",
        "/v2/models/none/stats", "/v2/models/scale/versions/9/ready"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(RestApiTest, ABatchedModelLeavesTheFirstExtentOpen) {
  ModelOptions options;
  options.batch_delay = std::chrono::microseconds(100);
  ASSERT_TRUE(agent_.Load("batch", MakeScaleModel(3, 4), options));
  const json model = GetJson("/v2/models/batch");
  EXPECT_EQ(model["inputs"][0]["shape"].dump(), "[-1,3]");
  const json config = GetJson("/v2/models/batch/config");
  EXPECT_EQ(config["max_batch_size"], 4);
  EXPECT_EQ(config["input"][0]["dims"].dump(), "[3]");
  EXPECT_EQ(Y(Post("/v2/models/batch/infer", ScaleJson(2))).size(), 6);
}

TEST_F(RestApiTest, JsonGoesInAndOut) {
  const RawResponse answer = Post(
      "/v2/models/scale/versions/1/infer",
      R"({"id":"42","inputs":[{"name":"x","datatype":"FP32","shape":[1,3],)"
      R"("data":[[0.1,-2,3e10]]}]})");
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_THAT(Y(answer), ElementsAre(0.2F, -4.0F, 6e10F));
  const json body = json::parse(answer.body);
  EXPECT_EQ(body["id"], "42");
  EXPECT_EQ(body["model_name"], "scale");
  EXPECT_EQ(body["model_version"], "1");
  EXPECT_GT(body["parameters"]["model_time_ns"], 0);
  EXPECT_EQ(body["outputs"][1]["shape"].dump(), "[1,1]");
}

TEST_F(RestApiTest, OnlyOutputsThatAreAskedForAreSent) {
  const RawResponse answer =
      Post("/v2/models/scale/infer",
           R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],)"
           R"("data":[1,2,3]}],"outputs":[{"name":"sum"}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json outputs = json::parse(answer.body)["outputs"];
  ASSERT_EQ(outputs.size(), 1);
  EXPECT_EQ(outputs[0]["data"].dump(), "[12]");
}

TEST_F(RestApiTest, TensorsGoInAndOutAsBinary) {
  const std::vector<float> x = {1, 2, 3};
  const std::string head =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],)"
      R"("parameters":{"binary_data_size":12}}],)"
      R"("parameters":{"binary_data_output":true}})";
  const std::string body =
      head + std::string(reinterpret_cast<const char*>(x.data()), 12);
  const auto answer = agent_.Connect().Call(
      "POST", "/v2/models/scale/infer", body,
      {{"Inference-Header-Content-Length", std::to_string(head.size())}});
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200) << answer->body;
  const auto json_bytes = static_cast<std::size_t>(
      std::stoul(answer->headers.at("inference-header-content-length")));
  const json document = json::parse(answer->body.substr(0, json_bytes));
  EXPECT_EQ(document["outputs"][0]["parameters"]["binary_data_size"], 12);
  EXPECT_EQ(document["outputs"][1]["parameters"]["binary_data_size"], 4);
  ASSERT_EQ(answer->body.size(), json_bytes + 16);
  std::vector<float> y(4);
  std::memcpy(y.data(), answer->body.data() + json_bytes, 16);
  EXPECT_THAT(y, ElementsAre(2, 4, 6, 12));
}

TEST_F(RestApiTest, ABodyMayBeTheOneInputItself) {
  const std::vector<float> x = {1, 2, 3};
  const auto answer =
      agent_.Connect().Call("POST", "/v2/models/scale/infer",
                            {reinterpret_cast<const char*>(x.data()), 12},
                            {{"Inference-Header-Content-Length", "0"}});
  ASSERT_TRUE(answer);
  EXPECT_THAT(Y(*answer), ElementsAre(2, 4, 6));
}

TEST_F(RestApiTest, TensorsGoInAndOutBySharedMemory) {
  const int memory = memfd_create("rest", 0);
  ASSERT_EQ(ftruncate(memory, 4096), 0);
  const std::vector<float> x = {1, 2, 3};
  ASSERT_EQ(pwrite(memory, x.data(), 12, 64), 12);
  RawClient client = agent_.Connect();
  const std::string region = "/v2/systemsharedmemory/region/r";
  ASSERT_EQ(client
                .Call("POST", region + "/register",
                      R"({"key":"memfd:)" + std::to_string(memory) +
                          R"(","offset":0,"byte_size":4096})")
                ->status,
            200);
  EXPECT_EQ(
      json::parse(client.Call("GET", region + "/status")->body)[0]["byte_size"],
      4096);
  const auto answer = client.Call(
      "POST", "/v2/models/scale/infer",
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"parameters":{
          "shared_memory_region":"r","shared_memory_offset":64,
          "shared_memory_byte_size":12}}],
          "outputs":[{"name":"y","parameters":{"shared_memory_region":"r",
          "shared_memory_offset":128,"shared_memory_byte_size":12}}]})");
  ASSERT_EQ(answer->status, 200) << answer->body;
  std::vector<float> y(3);
  ASSERT_EQ(pread(memory, y.data(), 12, 128), 12);
  EXPECT_THAT(y, ElementsAre(2, 4, 6));
  const auto beyond = client.Call(
      "POST", "/v2/models/scale/infer",
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"parameters":{
          "shared_memory_region":"r","shared_memory_offset":4090,
          "shared_memory_byte_size":12}}]})");
  EXPECT_EQ(beyond->status, 400) << beyond->body;
  EXPECT_EQ(client.Call("POST", region + "/unregister")->status, 200);
  EXPECT_EQ(client.Call("GET", region + "/status")->status, 404);
  EXPECT_EQ(client.Call("GET", "/v2/systemsharedmemory/status")->body, "[]");
  EXPECT_EQ(client.Call("POST", "/v2/systemsharedmemory/unregister")->status,
            200);
  EXPECT_EQ(client.Call("POST", "/v2/cudasharedmemory/unregister")->status,
            200);
  EXPECT_EQ(client.Call("GET", "/v2/cudasharedmemory/status")->body, "[]");
  close(memory);
}

TEST_F(RestApiTest, CompressedRequestsAreRead) {
  const std::string text = ScaleJson();
  std::string packed(compressBound(text.size()), '\0');
  uLongf bytes = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &bytes,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  packed.resize(bytes);
  RawClient client = agent_.Connect();
  const auto answer = client.Call("POST", "/v2/models/scale/infer", packed,
                                  {{"Content-Encoding", "deflate"}});
  EXPECT_THAT(Y(*answer), ElementsAre(2, 4, 6));
  EXPECT_EQ(client
                .Call("POST", "/v2/models/scale/infer", text,
                      {{"Content-Encoding", "br"}})
                ->status,
            415);
  EXPECT_EQ(client
                .Call("POST", "/v2/models/scale/infer", text,
                      {{"Content-Encoding", "gzip"}})
                ->status,
            400);
}

TEST_F(RestApiTest, LargeJsonIsReadAndPrinted) {
  constexpr int kRows = 20'000;
  ASSERT_TRUE(agent_.Load("large", MakeScaleModel(2, kRows)));
  const std::vector<float> y =
      Y(Post("/v2/models/large/infer", ScaleJson(kRows)));
  ASSERT_EQ(y.size(), 3 * kRows);
  EXPECT_EQ(y.back(), 6);
}

TEST_F(RestApiTest, WhatDoesNotFitTheModelIsRefusedByName) {
  const std::string input = R"({"inputs":[{"name":"x","datatype":)";
  for (const std::string& body :
       {input + R"("FP64","shape":[1,3],"data":[1,2,3]}]})",
        input + R"("FP32","shape":[3],"data":[1,2,3]}]})",
        input + R"("FP32","shape":[1,3],"data":[1,2]}]})",
        std::string(R"({"inputs":[{"name":"z","datatype":"FP32",)") +
            R"("shape":[1,3],"data":[1,2,3]}]})",
        std::string("{"), std::string()}) {
    const RawResponse answer = Post("/v2/models/scale/infer", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_TRUE(json::parse(answer.body)["error"].is_string());
  }
  EXPECT_EQ(Post("/v2/models/none/infer", ScaleJson()).status, 404);
  EXPECT_EQ(Post("/v2/models/scale/versions/7/infer", ScaleJson()).status, 404);
}

TEST_F(RestApiTest, MethodsAreChecked) {
  const RawResponse wrong = Get("/v2/models/scale/infer");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "POST");
  EXPECT_EQ(Post("/v2").headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(agent_.Connect().Call("DELETE", "/v2")->status, 405);
  EXPECT_EQ(Get("/nowhere").status, 404);
  RawClient client = agent_.Connect();
  const auto head = client.Call("HEAD", "/v2/health/live");
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.at("content-length"), "13");
  EXPECT_EQ(client.Call("GET", "/healthz")->status, 200);  // nothing followed
}

TEST_F(RestApiTest, StatisticsCount) {
  Y(Post("/v2/models/scale/infer", ScaleJson()));
  const json all = GetJson("/v2/models/stats")["model_stats"];
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0]["inference_count"], 1);
  EXPECT_EQ(all[0]["inference_stats"]["success"]["count"], 1);
  EXPECT_GT(all[0]["last_inference"], 0);
  EXPECT_EQ(GetJson("/v2/models/scale/stats")["model_stats"].size(), 1);
  const RawResponse metrics = Get("/metrics");
  EXPECT_EQ(metrics.headers.at("content-type"), "text/plain; version=0.0.4");
  EXPECT_THAT(metrics.body, HasSubstr("nv_inference_count"));
  EXPECT_THAT(metrics.body,
              HasSubstr("skerry_http_requests_total{code=\"200\"}"));
}

TEST_F(RestApiTest, TheRepositoryIsListedAndUnknownModelsAreNotFound) {
  const RawResponse index = Post("/v2/repository/index", R"({"ready":true})");
  ASSERT_EQ(index.status, 200);
  const json models = json::parse(index.body);
  ASSERT_EQ(models.size(), 1);
  EXPECT_EQ(models[0]["name"], "scale");
  EXPECT_EQ(models[0]["state"], "READY");
  EXPECT_EQ(Post("/v2/repository/index").status, 200);
  EXPECT_EQ(Post("/v2/repository/index", R"({"ready":1})").status, 400);
  EXPECT_EQ(Post("/v2/repository/models/none/load").status, 404);
  EXPECT_EQ(Post("/v2/repository/models/scale/load",
                 R"({"parameters":{"file:1/m.so":"AA=="}})")
                .status,
            501);
  EXPECT_EQ(
      Post("/v2/repository/models/scale/load", R"({"parameters":{"config":7}})")
          .status,
      400);
}

/// Requests behind one that runs.
class RestQueueTest : public testing::Test {
 protected:
  static constexpr char kPath[] = "/v2/models/gate/infer";

  RestQueueTest() {
    ModelOptions options;
    options.queue_length = 1;
    EXPECT_TRUE(agent_.Load("gate", MakeGateModel(), options));
    first_.emplace(*agent_.store.models, "gate");
    first_->AwaitStart(agent_.store.metrics);
  }

  static std::string Body(const std::string& parameters = "{}") {
    return R"({"parameters":)" + parameters +
           R"(,"inputs":[{"name":"x","datatype":"FP32","shape":[1],)"
           R"("data":[4]},{"name":"gate","datatype":"UINT8","shape":[1],)"
           R"("data":[1]}]})";
  }
  void Send(RawClient& client, const std::string& body) {
    client.Send(std::string("POST ") + kPath + " HTTP/1.1\r\nHost: a\r\n" +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
  }
  double Waiting() {
    return MetricValue(agent_.store.metrics,
                       "skerry_inference_pending_requests")
        .value_or(0);
  }

  RestServer agent_;
  std::optional<GatedRequest> first_;
};

TEST_F(RestQueueTest, AFullQueueAsksToComeAgain) {
  RawClient waits = agent_.Connect();
  Send(waits, Body());
  ASSERT_TRUE(Await([&] { return Waiting() == 1; }));
  const auto refused = agent_.Connect().Call("POST", kPath, Body());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  first_->Open();
  EXPECT_EQ(waits.Read()->status, 200);
}

TEST_F(RestQueueTest, ARequestPastItsDeadlineIsNotRun) {
  RawClient waits = agent_.Connect();
  Send(waits, Body(R"({"timeout":1})"));
  ASSERT_TRUE(Await([&] { return Waiting() == 1; }));
  first_->Open();
  EXPECT_EQ(waits.Read()->status, 504);
}

TEST_F(RestQueueTest, AClientThatGoesCancelsItsRequest) {
  RawClient waits = agent_.Connect();
  Send(waits, Body());
  ASSERT_TRUE(Await([&] { return Waiting() == 1; }));
  waits.Close();
  ASSERT_TRUE(Await([&] {
    return MetricValue(agent_.store.metrics, "skerry_http_connections") == 0;
  }));
  first_->Open();
  ASSERT_TRUE(first_->Wait());
  ASSERT_TRUE(Await([&] { return Waiting() == 0; }));
  const auto statistics = agent_.store.models->Statistics("gate", "");
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->at(0).success.count, 1);  // the first alone
}

TEST_F(RestQueueTest, AClientThatOnlyEndedItsOutputDoesNot) {
  RawClient waits = agent_.Connect();
  Send(waits, Body());
  waits.EndOutput();
  ASSERT_TRUE(Await([&] { return Waiting() == 1; }));
  EXPECT_EQ(agent_.Connect().Call("GET", "/healthz")->status, 200);
  first_->Open();
  EXPECT_EQ(waits.Read()->status, 200);
}

}  // namespace
}  // namespace skerry::agent
