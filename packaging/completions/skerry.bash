# Completes the commands of skerry in bash. Install it as
# /usr/share/bash-completion/completions/skerry, or for yourself:
#
#     source <(skerry completion bash)

# Folders, and files with one of the given endings.
_skerry_files() {
  local ending
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -d -- "$cur"
    for ending in "$@"; do compgen -f -X "!*.$ending" -- "$cur"; done)
}

_skerry() {
  local cur=${COMP_WORDS[COMP_CWORD]}
  local previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]}
  local commands="compile run bench predict inspect package cloud doctor completion version help"
  COMPREPLY=()

  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
    return
  fi

  local words=
  case $previous in
    --target)
      words="native x86-64-v2 x86-64-v3 x86-64-v4 x86-64-amx aarch64
        cortex-a53 cortex-a55 cortex-a72 cortex-a76 neoverse-n1" ;;
    --emit) words="ir cpp asm" ;;
    --resize) words="stretch crop letterbox shortest" ;;
    --anchor) words="center top-left" ;;
    --interpolation) words="bilinear nearest" ;;
    --color) words="rgb bgr gray" ;;
    --layout) words="nchw nhwc" ;;
    --orientation) words="exif ignore" ;;
    --output-dir) compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return ;;
    --role) words="admin deployer viewer device worker" ;;
    --kind) words="compilation packaging" ;;
    --sign) _skerry_files pem key
      return ;;
    -o | --output | --report | --labels | --input | --agent)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    --preprocess) _skerry_files yaml yml
      return ;;
  esac
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  case $command in
    compile)
      words="--output --target --input --emit --arch --report
        --no-self-check --verbose --help" ;;
    run)
      words="--input --output-dir --top --labels --json --threads
        --preprocess --size --resize --resize-short --anchor --pad-value
        --interpolation --color --scale --mean --std --layout --orientation
        --help" ;;
    predict)
      words="--agent --input --output-dir --top --labels --json --timeout
        --shared-memory --preprocess --size --resize --resize-short --anchor
        --pad-value --interpolation --color --scale --mean --std --layout
        --orientation --help" ;;
    bench)
      words="--threads --seconds --layers --top --json --agent --clients
        --shared-memory --inline --help" ;;
    package)
      words="--name --version --sign --output --json --help" ;;
    cloud) words="keys audit status jobs logs add list disable enable remove
        --role --name --kind --state --count --follow --json --help" ;;
    inspect | doctor) words="--json --help" ;;
    completion) words="bash --help" ;;
    help) words=$commands ;;
  esac
  if [[ $cur == -* || $command == completion || $command == help ||
    $command == cloud ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi
  case $command in
    compile) _skerry_files onnx pt pth ;;
    inspect) _skerry_files onnx so ;;
    run | bench | package) _skerry_files so ;;
  esac
}

complete -F _skerry skerry
