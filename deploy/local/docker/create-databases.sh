# Makes what create-databases.sql says, with a password for each role: read by the image of PostgreSQL, as its user.
while IFS= read -r line; do
    case $line in
        "CREATE ROLE "*)
            role=$(printf '%s' "$line" | cut -d ' ' -f 3)
            password=$(printenv "$(printf '%s' "$role" | tr a-z A-Z)_PASSWORD")
            line="CREATE ROLE $role LOGIN PASSWORD '$password';" ;;
    esac
    printf '%s\n' "$line"
done < /create-databases.sql | psql --set ON_ERROR_STOP=1 --username postgres
