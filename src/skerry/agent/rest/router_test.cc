#include "skerry/agent/rest/router.h"

#include <gtest/gtest.h>

#include <string>

namespace skerry::agent {
namespace {

TEST(RouterTest, EveryRouteOfTheProtocolIsFound) {
  EXPECT_EQ(FindRoute("/v2")->endpoint, RestEndpoint::kServerMetadata);
  EXPECT_EQ(FindRoute("/v2/")->endpoint, RestEndpoint::kServerMetadata);
  EXPECT_EQ(FindRoute("/v2/health/live")->endpoint, RestEndpoint::kServerLive);
  EXPECT_EQ(FindRoute("/metrics")->endpoint, RestEndpoint::kMetrics);
  EXPECT_EQ(FindRoute("/v2/models/stats")->endpoint,
            RestEndpoint::kAllStatistics);
  EXPECT_EQ(FindRoute("/v2/repository/index")->method, HttpMethod::kPost);
  EXPECT_EQ(FindRoute("/v2/systemsharedmemory/unregister")->region, "");
  const auto infer = FindRoute("/v2/models/m/versions/2/infer");
  ASSERT_TRUE(infer);
  EXPECT_EQ(infer->endpoint, RestEndpoint::kInfer);
  EXPECT_EQ(infer->model, "m");
  EXPECT_EQ(infer->version, "2");
}

TEST(RouterTest, PartsArePercentDecoded) {
  EXPECT_EQ(FindRoute("/v2/models/a%2Fb%20c")->model, "a/b c");
  EXPECT_EQ(FindRoute("/v2/systemsharedmemory/region/%7e/register")->region,
            "~");
  for (const std::string path :
       {"/v2/models/%", "/v2/models/%2", "/v2/models/%zz", "/v2/models/%00"}) {
    const auto route = FindRoute(path);
    ASSERT_FALSE(route) << path;
    EXPECT_EQ(route.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(RouterTest, AnythingElseIsNotFound) {
  for (const std::string path :
       {"/", "/v1", "/v2/models//infer", "/v2/models/m/infer/x", "/v2//",
        "/v2/models/m/versions", "/metrics/x", "//v2"}) {
    const auto route = FindRoute(path);
    ASSERT_FALSE(route) << path;
    EXPECT_EQ(route.error().code(), ErrorCode::kNotFound);
  }
  EXPECT_FALSE(FindRoute(""));
  EXPECT_FALSE(FindRoute("*"));
}

}  // namespace
}  // namespace skerry::agent
