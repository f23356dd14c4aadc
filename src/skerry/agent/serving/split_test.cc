#include "skerry/agent/serving/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "skerry/agent/serving/serving_test_support.h"

namespace skerry::agent {
namespace {

using ::testing::HasSubstr;

// By `printf UNIT | openssl dgst -sha256 -hmac SALT`, the first 16 digits as
// a number, modulo 10000.
TEST(SplitTest, TheBucketIsThatOfHmacSha256) {
  EXPECT_EQ(SplitBucket("", "camera-1"), 307);
  EXPECT_EQ(SplitBucket("exp-7", "camera-1"), 6400);
  EXPECT_EQ(SplitBucket("exp-7", "camera-2"), 7269);
  EXPECT_EQ(SplitBucket("exp-8", "camera-1"), 832);
  EXPECT_EQ(SplitBucket("s", ""), 1516);
}

TEST(SplitTest, AnArmThatGrowsKeepsItsUnits) {
  const Split small{"s", {{"1", 9000}, {"2", 1000}}, ""};
  const Split large{"s", {{"1", 9500}, {"2", 500}}, ""};
  int grown = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string unit = "camera-" + std::to_string(i);
    if (ArmOf(small, unit) == 0) EXPECT_EQ(ArmOf(large, unit), 0U) << unit;
    if (ArmOf(small, unit) != ArmOf(large, unit)) ++grown;
  }
  EXPECT_GT(grown, 25);  // 50 are expected
  EXPECT_LT(grown, 75);
}

TEST(SplitTest, ARequestWithoutAUnitGoesToTheFirstArm) {
  EXPECT_EQ(ArmOf({"s", {{"1", 0}, {"2", 10000}}, ""}, ""), 0U);
  EXPECT_EQ(ArmOf({"s", {{"1", 0}, {"2", 10000}}, ""}, "u"), 1U);
}

class StoreSplitTest : public ::testing::Test {
 protected:
  StoreSplitTest() {
    for (const auto& [version, factor] : {std::pair{"1", 1}, {"2", 2}}) {
      const std::string folder =
          packages_.Write(version, MakeScaleModel(factor), version);
      const auto loaded =
          factor == 1 ? store_.models->Load("m", folder, std::nullopt)
                      : store_.models->AddVersion("m", folder, std::nullopt);
      EXPECT_TRUE(loaded) << loaded.error().message();
    }
  }

  float FactorOf(const std::string& unit, const std::string& version = "") {
    InferenceRequest request = ScaleRequest("m", x_);
    request.unit = unit;
    request.version = version;
    const auto result = InferAndWait(*store_.models, std::move(request));
    return result ? FloatsOf(result->outputs[0])[0] : -1;
  }
  double Metric(const std::string& series) {
    return MetricValue(store_.metrics, series).value_or(-1);
  }

  TestPackages packages_;
  TestStore store_;
  const std::array<float, kScaleColumns> x_ = {1, 0, 0};
};

TEST_F(StoreSplitTest, UnitsGoToTheirArms) {
  const Split split{"exp", {{"1", 5000}, {"2", 5000}}, ""};
  const auto set = store_.models->SetSplit("m", split);
  ASSERT_TRUE(set) << set.error().message();

  int second = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string unit = "u" + std::to_string(i);
    const bool expect_second = SplitBucket("exp", unit) >= 5000;
    EXPECT_EQ(FactorOf(unit), expect_second ? 2 : 1);
    second += expect_second ? 1 : 0;
  }
  EXPECT_EQ(FactorOf("any", "2"), 2);  // by its name, past the split
  EXPECT_EQ(Metric("skerry_inference_requests_total{arm=\"1\",model=\"m\","
                   "outcome=\"success\",version=\"2\"}"),
            second);
  EXPECT_EQ(Metric("skerry_inference_requests_total{model=\"m\","
                   "outcome=\"success\",version=\"2\"}"),
            1);
  ASSERT_TRUE(store_.models->SetSplit("m", std::nullopt));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(FactorOf(std::to_string(i)), 1);
}

TEST_F(StoreSplitTest, RefusesSplitsThatAreWrong) {
  const auto message = [&](const Split& split) {
    const auto set = store_.models->SetSplit("m", split);
    return set ? std::string() : set.error().message();
  };
  EXPECT_THAT(message({"s", {{"1", 9999}}, ""}), HasSubstr("make 9999"));
  EXPECT_THAT(message({"s", {{"3", 10000}}, ""}), HasSubstr("'3'"));
  EXPECT_THAT(message({"s", {{"1", 10001}, {"2", -1}}, ""}),
              HasSubstr("want 0 to 10000"));
  EXPECT_THAT(message({"s", {{"1", 5000}, {"1", 5000}}, ""}),
              HasSubstr("twice"));
  ASSERT_TRUE(store_.models->AddVersion(
      "m", packages_.Write("gate", MakeGateModel(), "gate"), std::nullopt));
  EXPECT_THAT(message({"s", {{"1", 5000}, {"gate", 5000}}, ""}),
              HasSubstr("the inputs of version 'gate'"));
  EXPECT_EQ(store_.models->SetSplit("other", std::nullopt).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(StoreSplitTest, AShadowGetsCopiesAndItsAgreementIsCounted) {
  ASSERT_TRUE(store_.models->SetSplit("m", Split{"s", {{"1", 10000}}, "2"}));
  const std::string labels = "{model=\"m\",version=\"2\"}";
  double compared = 0;
  for (int i = 0; i < 100000 && compared < 1; ++i) {
    ASSERT_EQ(FactorOf("u"), 1);
    compared = Metric("skerry_shadow_comparisons_total" + labels);
  }
  ASSERT_TRUE(store_.models->SetSplit("m", std::nullopt));  // ends it
  EXPECT_GE(compared, 1);
  EXPECT_EQ(Metric("skerry_shadow_comparisons_total"), -1);
}

TEST_F(StoreSplitTest, AShadowMustTakeTheSameInputs) {
  ASSERT_TRUE(store_.models->AddVersion(
      "m", packages_.Write("gate", MakeGateModel(), "gate"), std::nullopt));
  EXPECT_FALSE(
      store_.models->SetSplit("m", Split{"s", {{"1", 10000}}, "gate"}));
}

}  // namespace
}  // namespace skerry::agent
