#include "layer_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LayerSpec Layer(const std::string& name, const std::string& op,
                std::int64_t flops, std::int64_t bytes) {
  return {.name = name,
          .op = op,
          .kernel = "k",
          .output = {DataType::kFloat32, {1, 8}},
          .flops = flops,
          .bytes = bytes,
          .offset = 0};
}

// Two convolutions of 100 and 300 us, and a softmax of 100 us between them.
LayerMeasurement ThreeLayers() {
  return {.model = "net",
          .threads = 1,
          .runs = 10,
          .run_us = 480,
          .peak_gflops = 100,
          .memory_gbps = 20,
          .layers = {Layer("first", "Conv", 1'000'000, 500'000),
                     Layer("scores", "Softmax", 0, 100'000),
                     Layer("last", "Conv", 15'000'000, 600'000)},
          .layer_us = {100, 100, 300}};
}

TEST(LayerReportTest, SpeedsAreWorkByTimeAndSharesOfWhatTheMachineCan) {
  const Json layer = LayerJson(ThreeLayers(), 0)["layers"][2];

  EXPECT_EQ(layer["name"], "last");
  EXPECT_DOUBLE_EQ(layer["median_us"], 300);
  EXPECT_DOUBLE_EQ(layer["share"], 0.6);
  EXPECT_DOUBLE_EQ(layer["gflops"], 50);
  EXPECT_DOUBLE_EQ(layer["peak_share"], 0.5);
  EXPECT_DOUBLE_EQ(layer["gbytes_per_s"], 2);
  EXPECT_DOUBLE_EQ(layer["memory_share"], 0.1);
}

TEST(LayerReportTest, OperatorsAreSumsWithTheCostlyFirst) {
  const Json report = LayerJson(ThreeLayers(), 0);

  ASSERT_EQ(report["operators"].size(), 2U);
  const Json conv = report["operators"][0];
  EXPECT_EQ(conv["op"], "Conv");
  EXPECT_EQ(conv["layers"], 2);
  EXPECT_EQ(conv["flops"], 16'000'000);
  EXPECT_DOUBLE_EQ(conv["median_us"], 400);
  EXPECT_DOUBLE_EQ(conv["gflops"], 40);
  EXPECT_EQ(report["operators"][1]["op"], "Softmax");
  EXPECT_DOUBLE_EQ(report["layers_us"], 500);
}

TEST(LayerReportTest, TopShowsTheSlowestButSharesAreOfAll) {
  const Json layers = LayerJson(ThreeLayers(), 2)["layers"];

  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0]["name"], "last");
  EXPECT_EQ(layers[1]["name"], "first");  // as slow as "scores", but before
  EXPECT_DOUBLE_EQ(layers[1]["share"], 0.2);
  EXPECT_EQ(LayerJson(ThreeLayers(), 9)["layers"].size(), 3U);
}

TEST(LayerReportTest, BarsAreDrawnToTheSlowestLayer) {
  const std::string text = LayerText(ThreeLayers(), 0);

  EXPECT_THAT(text, HasSubstr("  60.0 %"));
  EXPECT_THAT(text, HasSubstr("  " + std::string(20, '#') + "\n"));
  EXPECT_THAT(text, HasSubstr(" " + std::string(7, '#') + "\n"));
  EXPECT_THAT(text, Not(HasSubstr(std::string(21, '#'))));
}

TEST(LayerReportTest, LongNamesKeepTheirEnds) {
  LayerMeasurement measurement = ThreeLayers();
  measurement.layers[0].name = std::string(60, 'm') + "/block.7/conv";

  const std::string text = LayerText(measurement, 0);

  EXPECT_THAT(text, HasSubstr("\n..mmm"));
  EXPECT_THAT(text, HasSubstr("m/block.7/conv  Conv"));
  EXPECT_THAT(text, Not(HasSubstr(std::string(33, 'm'))));
}

TEST(LayerReportTest, ALayerInNoTimeHasNoSpeed) {
  LayerMeasurement measurement = ThreeLayers();
  measurement.layer_us = {0, 0, 0};

  const Json report = LayerJson(measurement, 0);

  EXPECT_DOUBLE_EQ(report["layers"][0]["gflops"], 0);
  EXPECT_DOUBLE_EQ(report["layers"][0]["share"], 0);
  EXPECT_THAT(LayerText(measurement, 0), Not(HasSubstr("nan")));
}

TEST(LayerReportTest, AModelWithoutLayersHasEmptyTables) {
  const LayerMeasurement measurement{
      .model = "net", .layers = {}, .layer_us = {}};

  EXPECT_EQ(LayerJson(measurement, 3)["layers"].size(), 0U);
  EXPECT_THAT(LayerText(measurement, 3), HasSubstr("layer  operator"));
}

}  // namespace
}  // namespace skerry::cli
