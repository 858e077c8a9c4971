# Completion of perfadapt-top for bash. SPDX-License-Identifier: MIT

_perfadapt_top() {
    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
    # "--color=2" comes as three words: "--color", "=", "2".
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $option == '=' ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $option in
        --color)
            mapfile -t COMPREPLY < <(compgen -W 'auto never 256 true' -- "$current")
            ;;
        --record | --replay)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            ;;
        --sysroot)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$current")
            ;;
        -d | --delay)
            mapfile -t COMPREPLY < <(compgen -W '0.1 0.2 0.5 1 2 5 10' -- "$current")
            ;;
        -n | --samples) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W '--ascii --batch --color= --csv --delay= --help --json --no-mouse
                --no-sampler --once --record= --replay= --samples= --sysroot= --version' -- "$current")
            if [[ ${COMPREPLY[0]-} == *= && ${#COMPREPLY[@]} == 1 ]]; then
                compopt -o nospace 2>/dev/null
            fi
            ;;
    esac
}

complete -F _perfadapt_top perfadapt-top
