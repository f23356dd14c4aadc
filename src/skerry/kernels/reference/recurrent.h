// Recurrent layers. x is [steps, batch, inputs]; y, the state after each step,
// is [steps, directions, batch, hidden].
//
// A kernel has no memory of its own: it reads the state of the step before
// from y, and keeps what else it needs in its other results. So all results
// must be there, whether anyone reads them or not.
//
// Freestanding: no standard library.
#pragma once

#include "skerry/kernels/reference/element.h"
#include "skerry/kernels/reference/functions.h"

namespace skerry::kernels::reference {

namespace internal {

/// The `n`-th word of the attribute `activations`, or of `fallback`, with the
/// parameters that are its own in the lists of all of them.
inline Activation LayerActivation(const Call& call, const char* fallback,
                                  i32 n) {
  const Attribute* attribute = call.Find("activations");
  const char* text = fallback;
  i64 size = 0;
  while (fallback[size] != 0) ++size;
  if (attribute != nullptr && attribute->text != nullptr) {
    text = attribute->text;
    size = attribute->count;
  }
  Activation activation;
  i64 alphas = 0;
  i64 betas = 0;
  i64 start = 0;
  for (i32 word = 0; word <= n && start < size; ++word) {
    i64 end = start;
    while (end < size && text[end] != ' ') ++end;
    activation.function = FindFunction(text + start, end - start);
    start = end + 1;
    if (activation.function == Function::kNone) continue;
    const bool sigmoid = activation.function == Function::kHardSigmoid;
    const bool leaky = activation.function == Function::kLeakyRelu;
    const auto index = static_cast<u8>(activation.function);
    const i32 parameters = kFunctions[index].parameter_count;
    if (parameters >= 1) {
      const f32 usual = sigmoid ? 0.2f : leaky ? 0.01f : 1.0f;
      activation.a = call.FloatAt("activation_alpha", alphas++, usual);
    }
    if (parameters >= 2) {
      activation.b =
          call.FloatAt("activation_beta", betas++, sigmoid ? 0.5f : 1.0f);
    }
  }
  return activation;
}

/// A layer at one step of one sequence in one direction.
struct Recurrence {
  View x, weight, state_weight, bias, lengths, first_state;
  View y, last_state;
  i64 steps = 0;
  i64 batch = 0;
  i64 inputs = 0;
  i64 hidden = 0;
  i64 directions = 0;
  i64 gates = 0;
  f64 clip = 0;

  i64 direction = 0;
  i64 sequence = 0;
  i64 step = 0;
  i64 step_before = -1;  ///< -1: this is the first

  i64 StateAt(i64 unit) const {
    return (direction * batch + sequence) * hidden + unit;
  }
  i64 ResultAt(i64 at, i64 unit) const {
    return at * directions * batch * hidden + StateAt(unit);
  }

  /// The state before this step.
  f64 State(i64 unit) const {
    if (step_before >= 0) return Get<f64>(y, ResultAt(step_before, unit));
    return first_state.present() ? Get<f64>(first_state, StateAt(unit)) : 0;
  }
  void SetState(i64 unit, f64 value) const {
    Set(y, ResultAt(step, unit), value);
  }

  /// Row of a gate's unit in the weights of this direction.
  i64 Row(i64 gate, i64 unit) const {
    return (direction * gates + gate) * hidden + unit;
  }
  f64 Bias(i64 gate, i64 unit, bool of_state) const {
    if (!bias.present()) return 0;
    const i64 row = (direction * 2 + (of_state ? 1 : 0)) * gates + gate;
    return Get<f64>(bias, row * hidden + unit);
  }

  /// What the input adds to a gate, with its bias.
  f64 FromInput(i64 gate, i64 unit) const {
    f64 sum = Bias(gate, unit, false);
    const i64 x_first = (step * batch + sequence) * inputs;
    const i64 w_first = Row(gate, unit) * inputs;
    for (i64 i = 0; i < inputs; ++i) {
      sum += Get<f64>(x, x_first + i) * Get<f64>(weight, w_first + i);
    }
    return sum;
  }
  /// What `state(unit)` adds to a gate, with its bias.
  template <class State>
  f64 FromState(i64 gate, i64 unit, State state) const {
    f64 sum = Bias(gate, unit, true);
    const i64 first = Row(gate, unit) * hidden;
    for (i64 i = 0; i < hidden; ++i) {
      sum += state(i) * Get<f64>(state_weight, first + i);
    }
    return sum;
  }
  f64 Gate(i64 gate, i64 unit) const {
    return FromInput(gate, unit) +
           FromState(gate, unit, [&](i64 i) { return State(i); });
  }
  f64 Clipped(f64 value) const {
    if (clip <= 0) return value;
    return value < -clip ? -clip : value > clip ? clip : value;
  }

  /// Calls `begin()` before the first step of each sequence in each direction
  /// and `advance()` for each step; fills y behind the end of a sequence with
  /// zeros, and the last state.
  template <class Begin, class Advance>
  void Run(const Call& call, Begin begin, Advance advance) {
    const bool reverse = call.TextIs("direction", "reverse", "forward");
    for (direction = 0; direction < directions; ++direction) {
      for (sequence = 0; sequence < batch; ++sequence) {
        i64 length = lengths.present() ? lengths.As<i32>()[sequence] : steps;
        length = length < 0 ? 0 : length > steps ? steps : length;
        step_before = -1;
        begin();
        for (i64 n = 0; n < length; ++n) {
          step = reverse || direction == 1 ? length - 1 - n : n;
          advance();
          step_before = step;
        }
        for (i64 u = 0; u < hidden; ++u) Set(last_state, StateAt(u), State(u));
        for (step = length; step < steps; ++step) {
          for (i64 u = 0; u < hidden; ++u) SetState(u, 0);
        }
      }
    }
  }
};

inline Recurrence RecurrenceOf(const Call& call, i64 gates) {
  Recurrence layer;
  layer.x = call.inputs[0];
  layer.weight = call.inputs[1];
  layer.state_weight = call.inputs[2];
  layer.bias = call.Input(3);
  layer.lengths = call.Input(4);
  layer.first_state = call.Input(5);
  layer.y = call.outputs[0];
  layer.last_state = call.outputs[1];
  layer.steps = layer.x.dims[0];
  layer.batch = layer.x.dims[1];
  layer.inputs = layer.x.dims[2];
  layer.directions = layer.state_weight.dims[0];
  layer.hidden = layer.state_weight.dims[2];
  layer.gates = gates;
  layer.clip = call.Float("clip", 0);
  return layer;
}

}  // namespace internal

inline void RNN(const Call& call) {
  internal::Recurrence layer = internal::RecurrenceOf(call, 1);
  Activation activation;
  layer.Run(
      call,
      [&] {
        activation = internal::LayerActivation(
            call, "Tanh Tanh", static_cast<i32>(layer.direction));
      },
      [&] {
        for (i64 u = 0; u < layer.hidden; ++u) {
          layer.SetState(u, activation(layer.Clipped(layer.Gate(0, u))));
        }
      });
}

/// Gates: update, reset, hidden. The last state holds the state that the
/// reset gate lets through while a step is made.
inline void GRU(const Call& call) {
  constexpr const char* kUsual = "Sigmoid Tanh Sigmoid Tanh";
  internal::Recurrence layer = internal::RecurrenceOf(call, 3);
  const bool linear = call.Int("linear_before_reset", 0) != 0;
  Activation gate;
  Activation out;
  const auto begin = [&] {
    const auto first = static_cast<i32>(layer.direction * 2);
    gate = internal::LayerActivation(call, kUsual, first);
    out = internal::LayerActivation(call, kUsual, first + 1);
  };
  const auto advance = [&] {
    for (i64 u = 0; u < layer.hidden; ++u) {
      const f64 reset = gate(layer.Clipped(layer.Gate(1, u)));
      const f64 passed =
          linear ? reset * layer.FromState(
                               2, u, [&](i64 i) { return layer.State(i); })
                 : reset * layer.State(u);
      Set(layer.last_state, layer.StateAt(u), passed);
    }
    const auto passed = [&](i64 i) {
      return Get<f64>(layer.last_state, layer.StateAt(i));
    };
    for (i64 u = 0; u < layer.hidden; ++u) {
      const f64 update = gate(layer.Clipped(layer.Gate(0, u)));
      const f64 from_state = linear ? passed(u) : layer.FromState(2, u, passed);
      const f64 sum = layer.FromInput(2, u) + from_state;
      const f64 hidden = out(layer.Clipped(sum));
      layer.SetState(u, (1 - update) * hidden + update * layer.State(u));
    }
  };
  layer.Run(call, begin, advance);
}

/// Gates: input, output, forget, cell. The third result is the cell.
inline void LSTM(const Call& call) {
  constexpr const char* kUsual = "Sigmoid Tanh Tanh Sigmoid Tanh Tanh";
  internal::Recurrence layer = internal::RecurrenceOf(call, 4);
  const View first_cell = call.Input(6);
  const View peepholes = call.Input(7);
  const View& cell = call.outputs[2];
  const bool coupled = call.Int("input_forget", 0) != 0;
  Activation gate;
  Activation inner;
  Activation out;
  const auto begin = [&] {
    const auto first = static_cast<i32>(layer.direction * 3);
    gate = internal::LayerActivation(call, kUsual, first);
    inner = internal::LayerActivation(call, kUsual, first + 1);
    out = internal::LayerActivation(call, kUsual, first + 2);
    for (i64 u = 0; u < layer.hidden; ++u) {
      const i64 at = layer.StateAt(u);
      Set(cell, at, first_cell.present() ? Get<f64>(first_cell, at) : 0);
    }
  };
  const auto advance = [&] {
    for (i64 u = 0; u < layer.hidden; ++u) {
      // A gate's value, which sees the cell through its peephole.
      const auto open = [&](i64 number, i64 peephole, f64 seen) {
        f64 sum = layer.Gate(number, u);
        if (peepholes.present()) {
          const i64 row = layer.direction * 3 + peephole;
          sum += seen * Get<f64>(peepholes, row * layer.hidden + u);
        }
        return gate(layer.Clipped(sum));
      };
      const f64 before = Get<f64>(cell, layer.StateAt(u));
      const f64 input = open(0, 0, before);
      const f64 forget = coupled ? 1 - input : open(2, 2, before);
      const f64 added = inner(layer.Clipped(layer.Gate(3, u)));
      const f64 after = forget * before + input * added;
      Set(cell, layer.StateAt(u), after);
      layer.SetState(u, open(1, 1, after) * out(after));
    }
  };
  layer.Run(call, begin, advance);
}

}  // namespace skerry::kernels::reference
