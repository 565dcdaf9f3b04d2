use proptest::prelude::*;
use protocol::packed::PackedEvents;

use super::*;

fn events(batch: &Batch) -> Vec<Vec<u8>> {
    let parsed = PackedEvents::parse(&batch.packed).unwrap();
    assert_eq!(parsed.count(), batch.count as usize);
    parsed.iter().map(<[u8]>::to_vec).collect()
}

fn delimited(body: &[u8], delimiter: &[u8]) -> Result<Vec<Vec<u8>>, BatchError> {
    let form = Form::Delimited(Delimiter::new(delimiter.to_vec())?);
    split(&Bytes::copy_from_slice(body), &form).map(|batch| events(&batch))
}

fn in_form(body: &str, form: &Form) -> Result<Vec<String>, BatchError> {
    let batch = split(&Bytes::copy_from_slice(body.as_bytes()), form)?;
    Ok(events(&batch)
        .into_iter()
        .map(|event| String::from_utf8(event).unwrap())
        .collect())
}

#[test]
fn the_empty_piece_at_the_end_is_dropped_and_no_other() {
    assert_eq!(delimited(b"a\nb\n", b"\n").unwrap(), [b"a", b"b"]);
    assert_eq!(delimited(b"a\nb", b"\n").unwrap(), [b"a", b"b"]);
    assert_eq!(delimited(b"\na\n\n", b"\n").unwrap(), [&b""[..], b"a", b""]);
    assert_eq!(delimited(b"\n", b"\n").unwrap(), [b""]);
    assert_eq!(delimited(b"", b"\n"), Err(BatchError::Empty));
}

#[test]
fn a_delimiter_may_have_several_bytes_and_overlap_itself() {
    assert_eq!(delimited(b"a||b||", b"||").unwrap(), [b"a", b"b"]);
    assert_eq!(delimited(b"aaa", b"aa").unwrap(), [&b""[..], b"a"]);
    assert_eq!(delimited(b"a\xff\x00b", b"\xff\x00").unwrap(), [b"a", b"b"]);
}

#[test]
fn a_delimiter_is_read_from_the_query_as_bytes() {
    let of = |query| Delimiter::from_query(query);
    assert_eq!(of("a=b"), Ok(None));
    assert_eq!(
        of("delimiter=%0A").unwrap(),
        Some(Delimiter::new(vec![10]).unwrap())
    );
    assert_eq!(
        of("x=1&delimiter=%ff%00").unwrap(),
        Some(Delimiter::new(vec![255, 0]).unwrap())
    );
    assert_eq!(
        of("delimiter=+").unwrap(),
        Some(Delimiter::new(vec![32]).unwrap())
    );
    for bad in [
        "delimiter=",
        "delimiter",
        "delimiter=%0",
        "delimiter=%zz",
        "delimiter=%",
        "delimiter=a&delimiter=b",
        "delimiter=12345678901234567",
    ] {
        let error = of(bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidDelimiter, "{bad}");
    }
}

#[test]
fn lines_of_json_keep_their_bytes() {
    let body = "{\"a\": 1.50}\r\n\n  \n[1,2]\n\"x\"";
    let expected = ["{\"a\": 1.50}", "[1,2]", "\"x\""];
    assert_eq!(in_form(body, &Form::Ndjson).unwrap(), expected);
    assert_eq!(in_form("\n\n", &Form::Ndjson), Err(BatchError::Empty));
    let error = in_form("{}\n{\n", &Form::Ndjson).unwrap_err();
    assert!(
        error.to_string().starts_with("line 2 is not JSON"),
        "{error}"
    );
    assert_eq!(error.code(), ErrorCode::MalformedBatch);
}

#[test]
fn elements_of_an_array_keep_their_bytes() {
    let body = " [ {\"b\" : 1.50, \"a\":1e2} ,\"\\u00e9\", null,[ 1 ] ] ";
    let expected = ["{\"b\" : 1.50, \"a\":1e2}", "\"\\u00e9\"", "null", "[ 1 ]"];
    assert_eq!(in_form(body, &Form::JsonArray).unwrap(), expected);
    assert_eq!(in_form("[]", &Form::JsonArray), Err(BatchError::Empty));
    for bad in ["", "{}", "[1", "[1] 2", "[1,]", "1", "[\"\\x\"]"] {
        let error = in_form(bad, &Form::JsonArray).unwrap_err();
        assert_eq!(error.code(), ErrorCode::MalformedBatch, "{bad}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed_into_a_stack_overflow() {
    let body = format!("[{}", "[".repeat(1_000_000));
    let error = in_form(&body, &Form::JsonArray).unwrap_err();
    assert_eq!(error.code(), ErrorCode::MalformedBatch);
    let error = in_form(&body, &Form::Ndjson).unwrap_err();
    assert_eq!(error.code(), ErrorCode::MalformedBatch);
}

#[test]
fn the_limits_hold_in_every_form() {
    let large = vec![b'1'; EVENT_BYTES_MAX + 1];
    let mut packed = Vec::new();
    protocol::packed::push(&mut packed, &large);
    let array = [b"[".to_vec(), large.clone(), b"]".to_vec()].concat();
    let newline = Form::Delimited(Delimiter::new(vec![b'\n']).unwrap());
    for (body, form) in [
        (large.clone(), &newline),
        (large, &Form::Ndjson),
        (array, &Form::JsonArray),
        (packed, &Form::Packed),
    ] {
        let error = split(&body.into(), form).unwrap_err();
        assert_eq!(error.code(), ErrorCode::EventTooLarge, "{form:?}");
    }
    let many = BATCH_EVENTS_MAX + 1;
    for (body, form) in [
        ("1\n".repeat(many).into_bytes(), &newline),
        ("1\n".repeat(many).into_bytes(), &Form::Ndjson),
        (
            format!("[1{}]", ",1".repeat(many - 1)).into_bytes(),
            &Form::JsonArray,
        ),
        (vec![0; 4 * many], &Form::Packed),
    ] {
        let error = split(&body.into(), form).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BatchTooManyEvents, "{form:?}");
    }
}

#[test]
fn a_packed_body_is_taken_as_it_is_or_refused() {
    let mut body = Vec::new();
    for event in [&b"a"[..], b"", b"\xff\x00"] {
        protocol::packed::push(&mut body, event);
    }
    let body = Bytes::from(body);
    let batch = split(&body, &Form::Packed).unwrap();
    assert_eq!((batch.count, &batch.packed), (3, &body));
    let cut = body.slice(..body.len() - 1);
    assert_eq!(
        split(&cut, &Form::Packed).unwrap_err().code(),
        ErrorCode::MalformedBatch
    );
    assert_eq!(split(&Bytes::new(), &Form::Packed), Err(BatchError::Empty));
}

proptest! {
    #[test]
    fn delimited_events_come_back(
        events in prop::collection::vec(prop::collection::vec(1u8.., 1..20), 1..20),
        trailing: bool,
    ) {
        let mut body = events.join(&0);
        if trailing {
            body.push(0);
        }
        prop_assert_eq!(delimited(&body, &[0]).unwrap(), events);
    }

    #[test]
    fn any_bytes_split_or_fail_without_a_panic(body: Vec<u8>, delimiter in prop::collection::vec(any::<u8>(), 1..4)) {
        let body = Bytes::from(body);
        let delimited = Form::Delimited(Delimiter::new(delimiter).unwrap());
        for form in [&delimited, &Form::Ndjson, &Form::JsonArray, &Form::Packed] {
            if let Ok(batch) = split(&body, form) {
                prop_assert_eq!(events(&batch).len(), batch.count as usize);
            }
        }
    }

    #[test]
    fn arrays_and_lines_of_the_same_values_split_alike(values in prop::collection::vec("[a-z\"\\\\é]{0,8}", 1..20)) {
        let texts: Vec<String> = values.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
        let array = format!("[{}]", texts.join(" , "));
        prop_assert_eq!(in_form(&array, &Form::JsonArray).unwrap(), texts.clone());
        prop_assert_eq!(in_form(&texts.join("\n"), &Form::Ndjson).unwrap(), texts);
    }

    #[test]
    fn any_query_gives_a_delimiter_or_an_error(query: String) {
        let _ = Delimiter::from_query(&query);
    }
}
