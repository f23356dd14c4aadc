#include "skerry/telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "skerry/platform/file.h"
#include "skerry/platform/thread.h"

namespace skerry::telemetry {
namespace {

using ::testing::MatchesRegex;

// A pipe that a logger writes to.
class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    reader_ = platform::FileDescriptor(ends[0]);
    writer_ = platform::FileDescriptor(ends[1]);
  }

  Logger MakeLogger(LogFormat format, LogLevel level = LogLevel::kInfo) {
    return Logger({.format = format,
                   .level = level,
                   .descriptor = writer_.number(),
                   .version = "0.1.0"});
  }

  // All that was written.
  std::string Read() {
    writer_.Close();
    std::string all;
    std::array<char, 4096> buffer;
    ssize_t count = 0;
    while ((count = read(reader_.number(), buffer.data(), buffer.size())) > 0) {
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  platform::FileDescriptor reader_;
  platform::FileDescriptor writer_;
};

// The line after its time.
std::string AfterTime(const std::string& line) {
  return line.substr(line.find("][") + 1);
}

TEST_F(LogTest, ATextLineBeginsWithVersionUtcTimeAndLevel) {
  MakeLogger(LogFormat::kText).Info("Server listening on unix:///tmp/a");

  EXPECT_THAT(Read(),
              MatchesRegex("\\{\"version\":\"0\\.1\\.0\"\\}"
                           "\\[[0-9]{4}-[0-9]{2}-[0-9]{2}T"
                           "[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}\\]\\[I\\] "
                           "Server listening on unix:///tmp/a\n"));
}

TEST_F(LogTest, TextValuesAreQuotedOnlyWhereTheyMustBe) {
  MakeLogger(LogFormat::kText)
      .Warning("model_loaded", {{"name", "detector"},
                                {"count", 3},
                                {"seconds", 0.25},
                                {"ok", true},
                                {"empty", ""},
                                {"path", "/a b/\"c\"\\"},
                                {"word", "\xc3\xa9t\xc3\xa9"}});

  EXPECT_EQ(AfterTime(Read()),
            "[W] model_loaded name=detector count=3 seconds=0.25 ok=true "
            "empty=\"\" path=\"/a b/\\\"c\\\"\\\\\" word=\xc3\xa9t\xc3\xa9\n");
}

TEST_F(LogTest, NoByteBreaksATextLine) {
  MakeLogger(LogFormat::kText)
      .Error("bad\nevent", {{"value", "a\nb\r\t\x01\xff\x7f="}});

  EXPECT_EQ(AfterTime(Read()),
            "[E] bad\\nevent value=\"a\\nb\\r\\t\\x01\\xff\\x7f=\"\n");
}

TEST_F(LogTest, AJsonLineHasNumbersAndTruthValuesBare) {
  MakeLogger(LogFormat::kJson)
      .Info("event",
            {{"text", "1"}, {"count", -3}, {"ok", false}, {"x", 1e-7}});
  const auto line = nlohmann::json::parse(Read());

  EXPECT_THAT(line["time"].get<std::string>(),
              MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["event"], "event");
  EXPECT_EQ(line["version"], "0.1.0");
  EXPECT_EQ(line["text"], "1");
  EXPECT_EQ(line["count"], -3);
  EXPECT_EQ(line["ok"], false);
  EXPECT_EQ(line["x"], 1e-7);
}

TEST_F(LogTest, EveryByteInAValueLeavesValidJsonOnOneLine) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  MakeLogger(LogFormat::kJson)
      .Info("e", {{"bytes", std::string_view(bytes)}, {"nan", std::nan("")}});
  const std::string text = Read();

  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line["bytes"].get<std::string>().substr(0, 128),
            bytes.substr(0, 128));
  EXPECT_EQ(line["nan"], "nan");
}

TEST_F(LogTest, ALongValueIsCutBetweenCharacters) {
  std::string value(kLogValueBytesMax - 1, 'a');
  value += "\xc3\xa9 and more";
  MakeLogger(LogFormat::kJson).Info("e", {{"v", std::string_view(value)}});

  EXPECT_EQ(nlohmann::json::parse(Read())["v"],
            value.substr(0, kLogValueBytesMax - 1));
}

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  const Logger log = MakeLogger(LogFormat::kText, LogLevel::kWarning);
  log.Debug("a");
  log.Info("b");
  log.Warning("c");

  EXPECT_EQ(AfterTime(Read()), "[W] c\n");
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLines = 50;
  const Logger log = MakeLogger(LogFormat::kJson);
  {
    std::vector<platform::Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      auto thread = platform::Thread::Start("log", [&log, i] {
        for (int line = 0; line < kLines; ++line) {
          log.Info("line", {{"thread", i}, {"line", line}});
        }
      });
      ASSERT_TRUE(thread) << thread.error().message();
      threads.push_back(*std::move(thread));
    }
  }

  std::istringstream lines(Read());
  std::string text;
  int count = 0;
  for (; std::getline(lines, text); ++count) {
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  }
  EXPECT_EQ(count, kThreads * kLines);
}

TEST(LogNamesTest, LevelsAndFormatsAreReadByName) {
  EXPECT_EQ(ParseLogLevel("debug").value(), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("warning").value(), LogLevel::kWarning);
  EXPECT_EQ(ParseLogFormat("json").value(), LogFormat::kJson);
  EXPECT_EQ(ParseLogLevel("INFO").error().message(),
            "there is no log level 'INFO'; there are debug, info, warning and "
            "error");
  EXPECT_EQ(ParseLogFormat("xml").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skerry::telemetry
