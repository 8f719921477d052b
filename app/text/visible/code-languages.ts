/**
 * Languages of code blocks, as people write them. A reader never sees this word, so only known ones go into a prompt.
 */
export const CODE_LANGUAGES: ReadonlySet<string> = new Set(
  `abap ada apex apl applescript arduino asm assembly astro awk basic bash bat batch bicep c c# c++ cc cl clj clojure cmake
  cmd cobol coffee coffeescript conf config console cpp crystal cs csharp css csv cuda cypher d dart delphi diff docker
  dockerfile dosini dot dotenv ecr edn eex ejs elisp elixir elm env erb erl erlang ex exs f# fish forth fortran fs fsharp
  gcode gdscript gherkin git gitignore glsl go golang gql gradle graphql graphviz groovy h haml handlebars haskell hbs hcl
  hlsl hpp hs html http ini irc java javascript jenkinsfile jinja jinja2 jl jq js json json5 jsonc jsonl jsonnet jsp jsx
  julia kotlin kt kts latex less liquid lisp log lua m make makefile markdown mathematica matlab md mdx math mips ml mysql
  nasm ndjson nginx nim nix none nushell objc objective-c objectivec ocaml octave odin output pas pascal patch perl php
  pl plaintext plpgsql plsql postcss postgres postgresql powershell prisma prolog properties proto protobuf ps1 psql pug
  puppet purescript py py3 pycon pyi python python3 qml r racket raku rb regex rego rest rkt rs rst ruby rust sass scala
  scheme scss sed sh shell shell-session shellsession smalltalk sol solidity sparql sql starlark stylus suggestion svelte
  svg swift systemd systemverilog tcl tex text tf terraform thrift toml trace ts tsv tsx twig txt typescript typst v vala
  vb vba vbnet verilog vhdl vim viml vue wasm wat wgsl x86asm xhtml xml xsl yaml yml zig zsh`.split(/\s+/),
);
